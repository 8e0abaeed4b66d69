"""Tables that fit the terminal, and the same rows for other programs."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from continuation.terminal import shown

TABLES, JSON, CSV = "tables", "json", "csv"
"""Forms of what a command says."""

NARROWEST_TEXT = 14
"""Columns of characters that a text of several words needs to be read."""

FRAME = 3
"""Columns of characters beside the text of a column: its line and two spaces."""

Row = Mapping[str, Any]


def plain(value: Any) -> str:
    """Text of a value that needs no other: truth values as words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def number(digits: int = 4) -> Callable[[Any], str]:
    """Text of a number with so many digits; nothing where there is none."""
    return lambda value: "" if value is None or math.isnan(value) else f"{value:.{digits}g}"


@dataclass(frozen=True)
class Column:
    """One column of a listing.

    Attributes
    ----------
    key : str
        Its name for programs.
    heading : str
        In the terminal; the key with spaces if omitted.
    text : callable
        Text of a value.
    rank : int or None
        0: always shown; of the others the greatest are left out first where there is no room.
        None: for programs only.
    folds : bool
        Whether words go on in the next line; numbers never do.
    """

    key: str
    heading: str = ""
    text: Callable[[Any], str] = plain
    rank: int | None = 0
    folds: bool = False

    @property
    def title(self) -> str:
        """Heading in the terminal."""
        return self.heading or self.key.replace("_", " ")

    def width(self, rows: Sequence[Row]) -> int:
        """Columns of characters that it needs."""
        texts = [self.title, *(self.text(row.get(self.key)) for row in rows)]
        longest = max(map(len, texts))
        return FRAME + (min(longest, NARROWEST_TEXT) if self.folds else longest)


@dataclass(frozen=True)
class Listing:
    """Rows with a name, and how they are shown."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Row]

    def fitting(self, width: int) -> list[Column]:
        """Columns for which there is room, those that matter least left out first."""
        chosen = [column for column in self.columns if column.rank is not None]
        while sum(column.width(self.rows) for column in chosen) + 1 > width:
            last = max((c.rank or 0 for c in chosen), default=0)
            if last == 0:
                break
            chosen = [column for column in chosen if column.rank != last]
        return chosen

    def table(self, width: int) -> Table:
        """What is shown in a terminal of a width."""
        chosen = self.fitting(width)
        table = Table()
        for column in chosen:
            table.add_column(
                shown(column.title), no_wrap=not column.folds, overflow="fold",
                min_width=None if column.folds else column.width(self.rows) - FRAME,
            )  # fmt: skip
        for row in self.rows:
            table.add_row(*(shown(column.text(row.get(column.key))) for column in chosen))
        return table

    def left_out(self, width: int) -> str:
        """Names of the columns for which a terminal of a width has no room."""
        chosen = self.fitting(width)
        left = (c.title for c in self.columns if c.rank is not None and c not in chosen)
        return ", ".join(left)

    @property
    def records(self) -> list[dict[str, Any]]:
        """Rows for programs: of every column the value, None where a number is none."""
        return [{c.key: machine(row.get(c.key)) for c in self.columns} for row in self.rows]

    @property
    def csv(self) -> str:
        """Rows as a table with a heading, numbers with all their digits."""
        stream = io.StringIO()
        names = [column.key for column in self.columns]
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.records)
        return stream.getvalue()


@dataclass
class Report:
    """What a command says: at once as tables, or whole at its end for other programs.

    Attributes
    ----------
    console : Console
        Where tables go; quiet where another form is wanted.
    form : {"tables", "json", "csv"}
        As JSON all listings by their names, the notes, and what else is told; as CSV the first
        listing.
    whole : mapping or None
        JSON of a command that has its own.
    """

    console: Console
    form: str = TABLES
    listings: list[Listing] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    whole: Mapping[str, Any] | None = None

    def listing(self, listing: Listing) -> None:
        """Show rows, and keep them for other programs."""
        self.keep(listing)
        self.show(listing)

    def keep(self, listing: Listing) -> None:
        """Keep rows for other programs, of which the terminal shows a part."""
        self.listings.append(listing)

    def show(self, listing: Listing) -> None:
        """Show rows in the terminal only: programs have them elsewhere."""
        width = self.console.width
        self.console.print(listing.table(width))
        if left := listing.left_out(width):
            hint = f"no room for {left}: see --json and --csv, or a wider window"
            self.console.print(shown(hint), highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """Say a sentence."""
        self.notes.append(text)
        self.console.print(f"• {shown(text)}", highlight=False, soft_wrap=True)

    def tell(self, **facts: Any) -> None:
        """For programs only: facts by name."""
        self.told.update(facts)

    def text(self) -> str:
        """What is printed at the end for another program."""
        if self.form == CSV:
            return self.listings[0].csv.rstrip("\n") if self.listings else ""
        if self.whole is not None:
            return json.dumps(self.whole, indent=1, allow_nan=False)
        content = {listing.name: listing.records for listing in self.listings}
        known = {**content, **machine(self.told)}
        return json.dumps(
            {**known, "notes": self.notes}, indent=1, allow_nan=False, ensure_ascii=False
        )


def machine(value: Any) -> Any:
    """A value as JSON has it: plain numbers, None for those that are not finite."""
    if isinstance(value, Mapping):
        return {str(k): machine(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [machine(one) for one in value]
    if hasattr(value, "tolist"):
        return machine(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
