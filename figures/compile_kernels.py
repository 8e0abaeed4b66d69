"""Compile everything that the figures need once, side by side, before the work begins."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from continuation import workers
from continuation.landscape.flow import compiled_flows
from continuation.stepper import compiled
from figures import motorcycle
from symbolic import PRESETS, Model, load_kernels


@dataclass(frozen=True)
class Kernel:
    """One kernel of one model."""

    model: Model
    name: str

    def __call__(self) -> None:
        """Compile it, or find it in the cache on disk."""
        getattr(load_kernels(self.model), self.name)


def compile_flows() -> None:
    """Compile the gradient flow."""
    compiled_flows()


def compile_tracer() -> None:
    """Compile the continuation of branches."""
    compiled()


KERNELS = ("evaluate", "gradient", "jet", "network")
MODELS = (
    *{model.hidden: model for model in (preset() for preset in PRESETS.values())}.values(),
    motorcycle.model(),
)
"""One model of each structure: the kernels of presets with as many units are the same."""

# The longest first, so that the last ones fill the gaps.
TASKS: tuple[Callable[[], None], ...] = (
    compile_flows,
    compile_tracer,
    *(Kernel(model, name) for model in MODELS for name in KERNELS),
)


def run(executor: Executor, on_task: Callable[[], None]) -> None:
    """Fill the disk caches; each task compiles what no other does."""
    workers.run(_compile, TASKS, executor, lambda index, result: on_task())


def _compile(task: Callable[[], None]) -> None:
    task()
