"""What commands say of certificates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer

from continuation import certify as proving
from continuation.commands.tables import Report

Certify = Annotated[
    bool, typer.Option("--certify/--no-certify", help="Prove what can be proved of the sets.")
]


def print_certificates(certificates: Sequence[proving.Certificate], report: Report) -> None:
    """How many sets and basins are proved, and why the others are not."""
    proved = Counter(c.kind for c in certificates if c.proved)
    kinds = ", ".join(f"{count} × {kind}" for kind, count in proved.items())
    report.tell(proved=dict(proved))
    report.note(f"proved: {kinds or 'nothing'}")
    for reason in dict.fromkeys(c.reason for c in certificates if not c.proved):
        report.note(f"not proved: {reason}")
