"""The options of every command line that say in which form it prints."""

from typing import Annotated

import typer

Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON object, and nothing else.", rich_help_panel="Printed"
    ),
]
Csv = Annotated[
    bool,
    typer.Option(
        "--csv", help="Print the first table as CSV, and nothing else.", rich_help_panel="Printed"
    ),
]
Table = Annotated[
    str | None,
    typer.Option(
        help="Print this table as CSV, such as connections, and nothing else; --json names them.",
        show_default="none",
        rich_help_panel="Printed",
    ),
]
