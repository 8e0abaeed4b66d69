"""`zero-noise`: what becomes of the theoretical optimum when the noise is switched on."""

from typing import Annotated

import typer
from rich.table import Table

from continuation.commands import common
from continuation.landscape import (
    ZeroNoiseCheck,
    ZeroNoiseSets,
    check_zero_noise,
    zero_noise_sets,
)
from continuation.terminal import shown


def zero_noise(
    preset: common.Preset = "overparameterised",
    hidden: common.Hidden = None,
    n: common.Size = None,
    seed: common.Seed = 0,
    noise: Annotated[
        float, typer.Option(help="Noise σ of the search that the prediction is compared with.")
    ] = 1e-3,
) -> None:
    """Predict the sets that leave the optimum at zero noise, and compare them with a search."""
    with common.clear_errors():
        loss = common.task_of(preset=preset, hidden=hidden, n=n, seed=seed, noise=noise).loss
        sets = zero_noise_sets(loss)
        _print_sets(sets)
        with common.console.status(f"searching at noise {noise:g}"):
            check = check_zero_noise(loss, noise)
        _print_check(check)


def _print_sets(sets: ZeroNoiseSets) -> None:
    table = Table("set", "place", "index", "region", "L/σ² at σ = 0")
    for one in sets:
        place = ", ".join(f"{name} = {value:.5g}" for name, value in one.place.items())
        index, limit = str(one.index), f"{one.reduced_loss:.8g}"
        table.add_row(one.subkind, place, index, one.region, limit)
    common.console.print(table)
    common.console.print(
        f"{sets.count('overfitting')} overfitting and {sets.count('near-optimal')} near-optimal "
        f"sets; Euler count {sets.euler_count}"
    )


def _print_check(check: ZeroNoiseCheck) -> None:
    common.console.print(
        f"at σ = {check.noise:g}: {check.found} sets found, {check.matched} of {check.predicted} "
        "predicted ones among them"
    )
    for text in check.missing:
        common.console.print(f"missing: {shown(text)}")
    for text in check.extra:
        common.console.print(f"not predicted: {shown(text)}")
