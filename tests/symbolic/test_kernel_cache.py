import ast
import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import njit, types

import symbolic
from continuation.compilation import KERNEL_SIGNATURE
from symbolic import (
    Model,
    fukumizu_amari,
    kernel_passes,
    load_kernels,
    overparameterised,
    single_unit,
)
from symbolic.codegen import hand_written, kernel_source
from symbolic.machine_code import cached_njit

PROGRAM = """
from symbolic import Model, load_kernels
kernels = load_kernels(Model.perceptron(1, "sin", output_weights=[1]))
stats = kernels.evaluate.stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()), kernels.path)
"""


def run(program, cache, *arguments):
    root = str(Path(symbolic.__file__).parent.parent)
    environment = {**os.environ, "MLPCONT_CACHE": str(cache), "PYTHONPATH": root}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return result.stdout.split()


@pytest.mark.slow
def test_a_second_process_compiles_nothing(tmp_path):
    cache = tmp_path / "new" / "folder"
    first, second = run(PROGRAM, cache), run(PROGRAM, cache)
    assert first[:2] == ["0", "1"]
    assert second[:2] == ["1", "0"]
    assert first[2] == second[2]
    assert not list(cache.glob("*.tmp"))


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


LOSS = """
import sys
import warnings
import numpy as np
from continuation.landscape import Dataset, Loss
from symbolic import Model
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for hidden in (1, 1, 2):
        model = Model.perceptron(hidden, "sin", output_weights=[1] * hidden)
        data = Dataset.from_observations(np.arange(5.0), np.arange(5.0))
        print(Loss(model, data).value([0.5] * hidden))
texts = [str(w.message) for w in said if "MLPCONT_CACHE" in str(w.message)]
print(len(texts), texts[0].split()[:4] if texts else "")
"""


@pytest.mark.slow
def test_without_a_cache_the_kernels_are_the_same_after_one_warning(tmp_path):
    (tmp_path / "file").write_text("")
    kept = run(LOSS, tmp_path / "cache")
    lost = run(LOSS, tmp_path / "file" / "below")
    assert lost[:3] == kept[:3]
    assert kept[3] == "0"
    assert lost[3] == "1"
    assert "".join(lost[4:]) == "['cannot','write','kernels','to']"


def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MLPCONT_CACHE", str(tmp_path / "file" / "below"))
    model = Model.perceptron(1, "sin", output_weights=[2])
    with pytest.warns(UserWarning, match="set MLPCONT_CACHE to") as warned:
        kernels = [load_kernels(model), load_kernels(model)]
    assert len(warned) == 1
    assert str(tmp_path / "file" / "below") in str(warned[0].message)
    assert kernels[0] == kernels[1]
    out = np.empty(2)
    kernels[0].network(np.array([0.5]), np.array([1.0, -2.0]), out)
    np.testing.assert_allclose(out, 2.0 * np.sin([0.5, -1.0]), rtol=1e-14)


def test_a_source_for_which_there_is_no_room_lives_in_memory(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPCONT_CACHE", str(tmp_path))
    model = Model.perceptron(1, "sin", output_weights=[3])
    with monkeypatch.context() as disk:
        disk.setattr(os, "replace", full)
        with pytest.warns(UserWarning, match="No space left"):
            lost = load_kernels(model)
    assert lost.text is not None
    assert not list(tmp_path.iterdir())
    kept = load_kernels(model)
    assert kept.text is None
    assert kept.path.read_bytes().endswith(lost.text)


def test_compiled_code_that_cannot_be_kept_is_one_warning(tmp_path, monkeypatch):
    twice = cached_njit()(lambda x: 2 * x)
    monkeypatch.setenv("MLPCONT_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "replace", full)
    with pytest.warns(UserWarning, match="No space left .*; set MLPCONT_CACHE to") as warned:
        assert (twice(3), twice(1.5), twice(2j)) == (6, 3.0, 4j)
    assert len(warned) == 1
    assert {path.name for path in tmp_path.iterdir()} == {".lock"}


def test_an_interrupted_write_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPCONT_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        load_kernels(single_unit())
    assert not list(tmp_path.iterdir())


def test_files_written_twice_are_the_same(tmp_path, monkeypatch):
    texts = []
    for folder in ("a", "b"):
        monkeypatch.setenv("MLPCONT_CACHE", str(tmp_path / folder))
        path = load_kernels(single_unit()).path
        texts.append((path.name, path.read_text()))
    assert texts[0] == texts[1]


def test_one_file_for_each_structure(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPCONT_CACHE", str(tmp_path))
    assert load_kernels(fukumizu_amari()) == load_kernels(overparameterised())
    others = [
        single_unit(),
        Model.perceptron(2, bias=True),
        Model.perceptron(2, output_weights=(1, 1)),
        Model.perceptron(2, output_weights=(1, 2)),
        Model.perceptron(2, "sin"),
    ]
    assert len({load_kernels(m).path for m in [fukumizu_amari(), *others]}) == 6


def test_files_are_self_contained():
    text = kernel_source(Model.perceptron(9, "erf", bias=True, offset=True))
    assert text.startswith(hand_written())
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module if "symbolic" in node.module else node.module.split(".")[0])
    outside = {"collections", "llvmlite", "math", "numba", "numpy", "typing"}
    assert imported <= {*outside, "symbolic.inner_code"}  # only how to compile


def test_wide_networks_have_short_kernels():
    lengths = [len(kernel_source(Model.perceptron(hidden))) for hidden in (9, 64)]
    assert lengths[1] < 1.01 * lengths[0]


def test_signature_is_the_engines():
    assert kernel_passes.KERNEL_SIGNATURE == KERNEL_SIGNATURE


def test_kernels_allocate_nothing():
    text = kernel_source(Model.perceptron(9, bias=True))
    assert not any(f"np.{name}" in text for name in ("empty", "zeros", "ones", "full", "array("))
    assert ".copy" not in text


@njit
def call(kernel, theta, constants, data, work, F, J, Fp):
    return kernel(theta, constants[1], constants, data, work, F, J, Fp)


def test_kernels_are_first_class_functions():
    vector, matrix = types.float64[::1], types.float64[:, ::1]
    function = types.FunctionType(kernel_passes.KERNEL_SIGNATURE)
    compiled = njit(types.float64(function, vector, vector, matrix, matrix, vector, matrix, vector))
    compiled = compiled(call.py_func)
    kernels = load_kernels(fukumizu_amari())
    data = np.random.default_rng(0).normal(size=(3, 100))
    constants = np.array([0, 0.1, 0.0, 100, 1.0, 0.0])
    outputs = [np.empty(4), np.empty((4, 4)), np.empty(4)]
    arguments = [constants, data, np.empty(kernels.work_shape), *outputs]
    for kernel in (kernels.evaluate, kernels.gradient, load_kernels(overparameterised()).evaluate):
        assert compiled(kernel, np.ones(4), *arguments) == kernel(np.ones(4), 0.1, *arguments)


LOADING = """
import sys
import numpy as np
from symbolic import load_kernels, single_unit
kernels = load_kernels(single_unit())
loaded = [getattr(kernels, name) for name in sys.argv[1:]]
if len(loaded) == 2:
    evaluate, jet = loaded
    x = np.linspace(-1.0, 2.0, 20)
    arrays = np.array([0.0, 0.1, 0.0, 20.0, 1.0, 0.0]), np.array([x, np.tanh(x), x * x])
    work, theta, F = np.zeros(kernels.work_shape), np.array([0.5, 2.0]), np.zeros(2)
    J, H, Fp = np.array([[1.0, -2.0], [0.0, 0.0], [0.0, 0.0]]), np.zeros((2, 2)), np.zeros(5)
    jet(theta, 0.1, *arrays, work, F, J, Fp)
    evaluate(theta, 0.1, *arrays, work, F, H, np.zeros(2))
    print(Fp[2] - J[0] @ H @ J[0])
"""


@pytest.mark.slow
def test_kernels_cached_by_different_processes_are_linked_to_their_own_parts(tmp_path):
    """Functions that are called alike in two cached files would be one after linking."""
    run(LOADING, tmp_path, "evaluate")
    run(LOADING, tmp_path, "jet")
    (difference,) = run(LOADING, tmp_path, "evaluate", "jet")
    assert abs(float(difference)) < 1e-14
