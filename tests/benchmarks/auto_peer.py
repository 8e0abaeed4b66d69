"""AUTO-07p as a peer: its equations built, a case written, its processor time measured.

Needs the packages auto-07p and gfortran (Debian). AUTO's own clock is that of the wall, which a
busy machine stretches; the processor time of its process includes that of starting a process and of
reading the data, which a run of one step tells.
"""

import os
import platform
import re
import resource
import subprocess
from importlib.metadata import version
from pathlib import Path

import numpy as np

from continuation.landscape import Dataset

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
HERE = Path(__file__).parent
AUTO_OBJECTS = Path("/usr/lib/auto-07p/lib")
#: As its own makefile compiles the equations, and as fast as the compiler makes them.
AUTO_BUILDS = {
    "AUTO-07p (-O2, its makefile)": "-g -O2 -fstack-protector-strong -fPIC",
    "AUTO-07p (-O3 -march=native -ffast-math)": "-O3 -march=native -ffast-math",
}
CONSTANTS = """NDIM=4, IPS=1, IRS=0, ILP=1
ICP=[1]
NTST=10, NCOL=4, IAD=0, ISP=2, ISW=1, IPLT=0, NBC=0, NINT=0
NPR=1000000, MXBF=0, IID=0, ITMX=8, ITNW=7, NWTN=3, JAC=1
EPSL=1e-10, EPSU=1e-10, EPSS=1e-8
"""
"""Folds and branch points are looked for; tolerances like those of this engine."""


def write_case(folder: Path, data: Dataset, start: np.ndarray, p: float) -> None:
    """The data and the start, as the Fortran equations read them."""
    columns = np.column_stack([data.x, data.target, data.noise])
    head = str(len(columns))
    np.savetxt(folder / "samples.txt", columns, fmt="%.17g", header=head, comments="")
    np.savetxt(folder / "start.txt", np.append(start, p)[None], fmt="%.17g")


def build_auto(folder: Path, flags: str, source: str = "engine_auto.f90") -> Path | None:
    """The AUTO executable of some equations, or None."""
    objects = sorted(map(str, AUTO_OBJECTS.glob("*.o")))
    executable = folder / f"perceptron{flags.replace(' ', '')}"
    command = ["gfortran", *flags.split(), "-fopenmp", f"-J{folder}", "-o", str(executable)]
    try:
        subprocess.run([*command, str(HERE / source), *objects], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return executable


def auto_seconds(executable: Path, constants: str, steps: int) -> float:
    """Processor seconds of a process that takes at most so many steps."""
    before = children()
    _run(executable, constants, steps)
    return children() - before


def auto_clock(executable: Path, constants: str, steps: int) -> float:
    """Seconds of the same by AUTO's own clock: from its first point on, none of the process."""
    found = re.search(r"Total Time\s+([0-9.E+-]+)", _run(executable, constants, steps))
    assert found is not None
    return float(found.group(1))


def _run(executable: Path, constants: str, steps: int) -> str:
    folder = executable.parent
    (folder / "fort.2").write_text(f"{CONSTANTS}NMX={steps}\n{constants}")
    return subprocess.run(
        [str(executable)], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def children() -> float:
    """Processor seconds of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def header() -> list[str]:
    """Machine and versions."""
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    packages = ", ".join(f"{p} {version(p)}" for p in ("numpy", "scipy", "numba"))
    return [
        f"{cpu}, {os.cpu_count()} cores, one thread used; Python {platform.python_version()}, "
        f"{packages}."
    ]
