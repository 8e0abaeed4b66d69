"""What commands say of certificates."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer

from continuation.certify import Certificate
from continuation.commands import common
from continuation.terminal import shown

Certify = Annotated[
    bool, typer.Option("--certify/--no-certify", help="Prove what can be proved of the sets.")
]


def print_certificates(certificates: Sequence[Certificate]) -> None:
    """How many sets and basins are proved, and why the others are not."""
    proved = Counter(c.kind for c in certificates if c.proved)
    kinds = ", ".join(f"{count} × {kind}" for kind, count in proved.items())
    common.console.print(f"• proved: {kinds or 'nothing'}", highlight=False)
    for reason in dict.fromkeys(c.reason for c in certificates if not c.proved):
        common.console.print(f"• not proved: {shown(reason)}", highlight=False)
