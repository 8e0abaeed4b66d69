"""`zero-noise`: what becomes of the theoretical optimum when the noise is switched on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from continuation import landscape
from continuation.commands import common
from continuation.commands.tables import Column, Listing, Report, number
from continuation.wording import counted


def zero_noise(
    preset: common.Preset = "overparameterised",
    hidden: common.Hidden = None,
    activation: common.Activation = None,
    teacher: common.Teacher = None,
    input_scale: common.InputScale = None,
    input_law: common.InputLaw = None,
    n: common.Size = None,
    seed: common.Seed = 0,
    noise: Annotated[
        float, typer.Option(help="Noise σ of the search that the prediction is compared with.")
    ] = 1e-3,
    as_json: common.Json = False,
    as_csv: common.Csv = False,
) -> None:
    """Predict the sets that leave the optimum at zero noise, and compare them with a search."""
    with common.reporting(as_json, as_csv) as report:
        loss = common.task_of(
            report,
            preset=preset,
            hidden=hidden,
            activation=activation,
            teacher=teacher,
            input_scale=input_scale,
            input_law=input_law,
            n=n,
            seed=seed,
            noise=noise,
        ).loss
        sets = landscape.zero_noise_sets(loss)
        _print_sets(sets, report)
        with common.console.status(f"searching at noise {noise:g}"):
            check = landscape.check_zero_noise(loss, noise)
        _print_check(check, report)


SETS = (
    Column("subkind", "set"),
    Column("place", text=lambda place: _place(place), folds=True),
    Column("index"),
    Column("region"),
    Column("reduced_loss", "L/σ² at σ = 0", text=number(8)),
)


def _print_sets(sets: landscape.ZeroNoiseSets, report: Report) -> None:
    rows = [{column.key: getattr(one, column.key) for column in SETS} for one in sets]
    report.listing(Listing("sets", SETS, rows))
    report.tell(euler_count=sets.euler_count)
    report.note(
        f"{sets.count('overfitting')} overfitting and "
        f"{sets.count('near-optimal')} near-optimal sets; Euler count {sets.euler_count}"
    )


def _place(place: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value:.5g}" for name, value in place.items())


def _print_check(check: landscape.ZeroNoiseCheck, report: Report) -> None:
    report.tell(noise=check.noise, found=check.found, matched=check.matched)
    report.note(
        f"at σ = {check.noise:g}: {counted(check.found, 'set')} found, {check.matched} of "
        f"{check.predicted} predicted ones among them"
    )
    for text in check.missing:
        report.note(f"missing: {text}")
    for text in check.extra:
        report.note(f"not predicted: {text}")
