"""`check`: prove stored certificates again, and compare what is stored beside them."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from continuation import certify as proving
from continuation import storage
from continuation.commands import common
from continuation.commands.tables import Column, Listing, Report
from continuation.errors import InvalidInputError, StoreError
from symbolic.signals import TimeIsOver, within

if TYPE_CHECKING:
    import xarray as xr

    from continuation.landscape import network

TEXT_SUFFIX = ".json"

PARAMETERS = ("noise", "weight_decay")
"""Settings of a result that its loss depends on."""


DEPARTURES = "most_departures"
"""Setting of a graph that its flows depend on."""

FLOWS = "flows of the graph"

LIST = (
    "the list: notes, completeness, Euler count, seed and names of axes unchecked (nothing is "
    "searched anew)"
)
CHECKED_KINDS = ("points", "graph")
"""Of results all of which is looked at; of the others only the sets are."""


@cache
def _unchecked() -> proving.CheckResult:
    """Of certificates that were not checked. (Provers take a second, help need not wait.)"""
    return proving.CheckResult(False, "the time was over")


@dataclass(frozen=True)
class Found:
    """What was found in one file.

    Attributes
    ----------
    checked : sequence of (proving.Certificate, proving.CheckResult)
    lines : sequence of str
        What is known of the stored numbers.
    faults : sequence of str
        What does not agree with the certificates.
    left : bool
        Whether time ended before something that is no certificate.
    """

    checked: Sequence[proving.Checked]
    lines: Sequence[str] = field(default=())
    faults: Sequence[str] = field(default=())
    left: bool = False


def check(
    file: Annotated[Path, typer.Argument(help="JSON certificates, a result, or a figure's data.")],
    seconds: Annotated[
        float, typer.Option(min=0.0, help="Leave unchecked what is left after this many seconds.")
    ] = math.inf,
    as_json: common.Json = False,
    as_csv: common.Csv = False,
) -> None:
    """Check every certificate of a file anew, and that the numbers beside it are those it proves.

    Says of each stored number whether it is certified, recomputed or unchecked. Exit code 1 if a
    certificate does not prove what it claims or is left unchecked, if a number does not agree, if
    a listed set has no certificate, or if nothing in the file is certified.
    """
    with common.reporting(as_json, as_csv) as said:
        found = _found(file, time.monotonic() + seconds)
        _print(found.checked, said)
        for line in (*found.lines, *(f"DOES NOT AGREE: {fault}" for fault in found.faults)):
            said.note(line)
        is_proved = _counted(found, said)
    if not is_proved:
        sys.exit(1)


def _counted(found: Found, said: Report) -> bool:
    """Say how many certificates are accepted; whether all that claims something is."""
    accepted = sum(bool(result) for _, result in found.checked)
    left = sum(r is _unchecked() for _, r in found.checked)
    refused = sum(_claims(c) and not r for c, r in found.checked) - left
    undecided = len(found.checked) - accepted - refused - left
    said.tell(accepted=accepted, refused=refused, claim_nothing=undecided, left=left)
    common.console.print(
        f"{accepted} accepted, {refused} refused, {undecided} claim nothing"
        + (f", {left} left unchecked: the time was over" if left else "")
    )
    return bool(accepted) and not (refused or left or found.left or found.faults)


def _found(file: Path, end: float) -> Found:
    if file.suffix == TEXT_SUFFIX:
        return Found(_checked(_from_text(file), end))
    stored = storage.read_stored(file)
    data = stored.data
    if data.attrs["kind"] in storage.RESULTS:
        return _of_result(file, storage.result_of(file, stored), end)
    names = [str(name) for name in data if str(name).endswith(storage.CERTIFICATES)]
    if not names:
        raise StoreError(_nothing(file))
    parts = [_of_figure(data, name.removesuffix(storage.CERTIFICATES), end) for name in names]
    return Found(
        [pair for part in parts for pair in part.checked],
        [line for part in parts for line in part.lines],
        [fault for part in parts for fault in part.faults],
    )


def _checked(certificates: Sequence[proving.Certificate], end: float) -> list[proving.Checked]:
    return [(certificate, _result_of(certificate, end)) for certificate in certificates]


def _result_of(certificate: proving.Certificate, end: float) -> proving.CheckResult:
    """What the checker says, or `_unchecked()` where the time is over before."""
    left = end - time.monotonic()
    if not _claims(certificate) or left <= 0.0:
        return _unchecked() if _claims(certificate) else proving.check(certificate)
    try:
        with within(left), common.console.status("checking") as status:

            def say(done: int, total: int) -> None:
                status.update(f"checking box {done} of {total} of a complete list")

            return proving.check(certificate, progress=say)
    except TimeIsOver:
        return _unchecked()


def _from_text(file: Path) -> tuple[proving.Certificate, ...]:
    """A collection, or one certificate alone."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"cannot read {file}: {error}") from error
    try:
        return proving.certificates_from_json(text)
    except InvalidInputError as collection:
        try:
            return (proving.Certificate.from_json(text),)
        except InvalidInputError as single:
            raise StoreError(f"{file}: {collection}; {single}") from single


def _nothing(file: Path) -> str:
    return f"{file} holds no certificates; compute it with certificates first"


def _of_result(file: Path, result: storage.Result, end: float) -> Found:
    from continuation.landscape import network  # as of provers

    if not result.certificates:
        raise StoreError(_nothing(file))
    checked = _checked(result.certificates, end)
    parameters = {name: float(result.settings.get(name) or 0.0) for name in PARAMETERS}
    decays = parameters["weight_decay"] > 0.0
    lines, faults = _units(network.fitting_units(result.loss, decays=decays)), []
    for found in proving.agreements(result.loss, result.sets, checked, parameters):
        lines.append(f"set {found.set}: {found}")
        faults += [f"set {found.set}: {fault}" for fault in found.faults]
    lines.append(LIST)
    if result.kind not in CHECKED_KINDS:
        lines.append(f"what {result.kind} has computed from the sets: unchecked")
    if isinstance(result, storage.GraphResult) and any(
        found is _unchecked() for _, found in checked
    ):
        lines.append("nodes and connections: unchecked (the time was over)")
    elif isinstance(result, storage.GraphResult):
        faults += proving.agreements_of_graph(result.graph, result.sets, checked)
        lines.append(
            "connections: loss drops recomputed from the sets, and none rises; sides, shares and "
            "ends are possible"
        )
        if faults or not all(found for c, found in checked if _claims(c)):
            lines.append(f"{FLOWS}: unchecked (what they join does not agree)")
        else:
            return _with_flows(Found(checked, lines, faults), result, parameters, end)
    return Found(checked, lines, faults)


def _with_flows(
    known: Found, result: storage.GraphResult, parameters: Mapping[str, float], end: float
) -> Found:
    """What is known, with what following the flows of the graph anew says."""
    if DEPARTURES not in result.settings:
        said = f"{FLOWS}: unchecked (the file does not say how many were followed)"
        return replace(known, lines=[*known.lines, said])
    most = result.settings[DEPARTURES]
    with common.console.status("following the flows anew") as status:
        found = proving.follow_again(
            result.loss,
            result.graph,
            result.sets,
            parameters,
            most_departures=None if most is None else int(most),
            seconds=max(end - time.monotonic(), common.LEAST),
            progress=lambda look: status.update(str(look)),
        )
    said = (
        f"{FLOWS}: followed anew out of {len(found.sources)} sets: where they end, sides, shares, "
        "λ and durations (to a factor of 2) compared; angles and distances of passages unchecked; "
        "trajectories are computed, not certified"
    )
    left = f"{FLOWS} out of {len(found.left)} sets: unchecked (the time was over)"
    return replace(
        known,
        lines=[*known.lines, said, *([left] if found.left else [])],
        faults=[*known.faults, *found.faults],
        left=bool(found.left),
    )


def _units(units: network.Units) -> list[str]:
    """What certificates measure in, where these are not the units of the data."""
    if not units.change:
        return []
    return [f"certificates measure x in units of {units.x:g} and y in units of {units.y:g}"]


def _of_figure(data: xr.Dataset, prefix: str, end: float) -> Found:
    """The nodes of a graph that is drawn, all of whose names begin with a prefix."""
    checked = _checked(
        proving.certificates_from_json(str(data[f"{prefix}{storage.CERTIFICATES}"].item())), end
    )
    if any(found is _unchecked() for _, found in checked):
        return Found(checked, [f"{prefix}nodes: unchecked (the time was over)"])
    columns = ("loss", "index", "nullity", "certified")
    loss, index, nullity, certified = (data[f"{prefix}{name}"].to_numpy() for name in columns)
    faults = proving.agreements_of_nodes(loss, index, nullity, certified, checked)
    lines = [f"{prefix}nodes: {', '.join(columns)} certified where so marked; the rest unchecked"]
    return Found(checked, lines, [f"{prefix}{fault}" for fault in faults])


def _claims(certificate: proving.Certificate) -> bool:
    """Whether a certificate claims something; those of version 0.1.0 did."""
    from continuation.certify.checker import OLD  # as of provers

    return certificate.verdict != proving.UNDECIDED or certificate.reason == OLD


CHECKS = (
    Column("set"),
    Column("kind", folds=True),
    Column("statement", "what the checker states", folds=True),
    Column("verdict", folds=True),
    Column("outcome", "checked", folds=True),
)


def _rows(checked: Sequence[proving.Checked]) -> Iterator[tuple[str, ...]]:
    """What the checker says of each certificate; of refused ones nothing that they say."""
    for certificate, result in checked:
        place = "" if certificate.set is None else str(certificate.set)
        words, outcome = result.statement, "accepted"
        if not _claims(certificate):
            words, outcome = f"nothing is claimed: {certificate.reason}", ""
        elif result is _unchecked():
            outcome = "UNCHECKED"
        elif not result:
            outcome = f"REFUSED: {certificate.reason or result.reason}"
        yield place, certificate.kind, words, certificate.verdict, outcome


def _print(checked: Sequence[proving.Checked], said: Report) -> None:
    names = [column.key for column in CHECKS]
    rows = [dict(zip(names, row, strict=True)) for row in _rows(checked)]
    said.listing(Listing("certificates", CHECKS, rows))
    assumptions = dict.fromkeys(text for _, result in checked for text in result.assumptions)
    for text in assumptions:
        said.note(f"assumed: {text}")
