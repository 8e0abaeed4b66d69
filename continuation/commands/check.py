"""`check`: prove stored certificates again, with code that shares nothing with the provers."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from continuation.certify import UNDECIDED, Certificate, CheckResult, certificates_from_json
from continuation.certify import check as check_certificate
from continuation.commands import common
from continuation.errors import InvalidInputError, StoreError
from continuation.storage import CERTIFICATES, KINDS, load_result, read_dataset

TEXT_SUFFIX = ".json"


def check(
    file: Annotated[Path, typer.Argument(help="JSON certificates, a result, or a figure's data.")],
) -> None:
    """Check every certificate of a file anew; fails if one does not prove what it claims."""
    with common.clear_errors():
        certificates = _certificates(file)
        results = [check_certificate(certificate) for certificate in certificates]
        _print(certificates, results)
    refused = sum(
        c.verdict != UNDECIDED and not r for c, r in zip(certificates, results, strict=True)
    )
    accepted = sum(map(bool, results))
    undecided = len(results) - accepted - refused
    common.console.print(f"{accepted} accepted, {refused} refused, {undecided} claim nothing")
    if refused:
        sys.exit(1)


def _certificates(file: Path) -> tuple[Certificate, ...]:
    if file.suffix == TEXT_SUFFIX:
        return _from_text(file)
    data = read_dataset(file)
    if data.attrs["kind"] in KINDS:
        certificates = load_result(file).certificates
    else:
        texts = [str(data[name].item()) for name in data if str(name).endswith(CERTIFICATES)]
        certificates = tuple(c for text in texts for c in certificates_from_json(text))
    if not certificates:
        raise StoreError(f"{file} holds no certificates; compute it with certificates first")
    return certificates


def _from_text(file: Path) -> tuple[Certificate, ...]:
    """A collection, or one certificate alone."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"cannot read {file}: {error}") from error
    try:
        return certificates_from_json(text)
    except InvalidInputError:
        return (Certificate.from_json(text),)


def _print(certificates: tuple[Certificate, ...], results: list[CheckResult]) -> None:
    table = Table("set", "kind", "claim", "verdict", "checked")
    for certificate, result in zip(certificates, results, strict=True):
        text, outcome = certificate.statement, "accepted" if result else f"REFUSED: {result.reason}"
        if certificate.verdict == UNDECIDED:
            text, outcome = certificate.reason, ""
        name = str(certificate.claim.get("set", ""))
        row = (name, certificate.kind, text, certificate.verdict, outcome)
        table.add_row(*map(escape, row))
    common.console.print(table)
