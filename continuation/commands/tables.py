"""Tables that fit the terminal, and the same rows for other programs."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from continuation.errors import UnknownNameError
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
        """Columns of characters that it needs: its heading goes on below between words."""
        words = max(map(len, self.title.split()), default=0)
        longest = max((len(self.text(row.get(self.key))) for row in rows), default=0)
        return FRAME + max(words, min(longest, NARROWEST_TEXT) if self.folds else longest)


@dataclass(frozen=True)
class Listing:
    """Rows with a name, and how they are shown."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Row]

    def needs(self, columns: Sequence[Column]) -> int:
        """Columns of characters of a table of some of its columns."""
        return sum(column.width(self.rows) for column in columns) + 1

    def fitting(self, width: int) -> list[Column]:
        """Columns for which there is room, those that matter least left out first."""
        chosen = [column for column in self.columns if column.rank is not None]
        while self.needs(chosen) > width:
            last = max((c.rank or 0 for c in chosen), default=0)
            if last == 0:
                break
            chosen = [column for column in chosen if column.rank != last]
        return chosen

    def table(self, width: int) -> Table:
        """What is shown in a terminal of a width."""
        chosen = self.fitting(width)
        if self.needs(chosen) > width:
            return self._upright(chosen)
        table = Table()
        for column in chosen:
            table.add_column(
                shown(column.title), overflow="fold", min_width=column.width(self.rows) - FRAME
            )
        for row in self.rows:
            table.add_row(*(shown(column.text(row.get(column.key))) for column in chosen))
        return table

    def _upright(self, columns: Sequence[Column]) -> Table:
        """A line for each value, where not even the least columns stand beside each other."""
        table = Table(self.name, "", show_header=False)
        for row in self.rows:
            for column in columns:
                text = shown(column.text(row.get(column.key)))
                table.add_row(shown(column.title), text, end_section=column is columns[-1])
        return table

    def divided(self, width: int) -> Iterator[Listing]:
        """Listings that fit, each with the first column and as many of the others as it takes."""
        first, *left = self.columns
        while left:
            part = [left.pop(0)]
            while left and self.needs((first, *part, left[0])) <= width:
                part.append(left.pop(0))
            yield Listing(self.name, (first, *part), self.rows)

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
        writer.writerows({k: _cell(v) for k, v in record.items()} for record in self.records)
        return stream.getvalue()


@dataclass
class Report:
    """What a command says: at once as tables, or whole at its end for other programs.

    Attributes
    ----------
    console : Console
        Where tables go; quiet where another form is wanted.
    form : {"tables", "json", "csv"}
        As JSON all listings by their names, the notes, and what else is told; as CSV one
        listing.
    chosen : str or None
        Name of the listing that CSV shows; None: the first.
    whole : mapping or None
        JSON of a command that has its own.
    """

    console: Console
    form: str = TABLES
    chosen: str | None = None
    listings: list[Listing] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    whole: Mapping[str, Any] | None = None

    @property
    def width(self) -> int:
        """Columns of characters of the terminal."""
        return self.console.width

    def listing(self, listing: Listing) -> None:
        """Show rows, and keep them for other programs."""
        self.keep(listing)
        self.show(listing)

    def keep(self, listing: Listing) -> None:
        """Keep rows for other programs, of which the terminal shows a part."""
        self.listings.append(listing)

    def show(self, listing: Listing) -> None:
        """Show rows in the terminal only: programs have them elsewhere."""
        self.console.print(listing.table(self.width))
        if left := listing.left_out(self.width):
            hint = f"no room for {left}: see --json and --csv, or a wider window"
            self._say(hint)

    def note(self, text: str) -> None:
        """Say a sentence."""
        self.notes.append(text)
        self._say(f"• {text}")

    def _chosen(self) -> Sequence[Listing]:
        """The one listing of CSV; none where the command has none."""
        if self.chosen is None:
            return self.listings[:1]
        found = [listing for listing in self.listings if listing.name == self.chosen]
        if not found:
            known = ", ".join(listing.name for listing in self.listings)
            raise UnknownNameError(f"no table {self.chosen!r}; choose from {known}")
        return found[:1]

    def _say(self, text: str) -> None:
        """In a terminal lines end between words; elsewhere a sentence is one line."""
        self.console.print(shown(text), highlight=False, soft_wrap=not self.console.is_terminal)

    def tell(self, **facts: Any) -> None:
        """For programs only: facts by name."""
        self.told.update(facts)

    def text(self) -> str:
        """What is printed at the end for another program.

        Raises
        ------
        UnknownNameError
            If the chosen listing is not there.
        """
        if self.form == CSV:
            return "".join(listing.csv for listing in self._chosen()).rstrip("\n")
        if self.whole is not None:
            return json.dumps(self.whole, indent=1, allow_nan=False)
        content = {listing.name: listing.records for listing in self.listings}
        known = {**content, **machine(self.told)}
        return json.dumps(
            {**known, "notes": self.notes}, indent=1, allow_nan=False, ensure_ascii=False
        )


def _cell(value: Any) -> Any:
    """A value in a table of texts: several in one cell as JSON."""
    several = isinstance(value, list | dict)
    return json.dumps(value, allow_nan=False, ensure_ascii=False) if several else value


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
