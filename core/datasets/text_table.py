"""A table whose cells are texts: its rows and columns, and which of them hold prose, classes or numbers."""

from __future__ import annotations

import csv
import difflib
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psutil

from core.datasets import csv_table, files
from core.errors import UserError

MOST_BYTES = 500_000_000
GLANCE = 300_000  # bytes of a file that are looked at to tell what it holds
SAMPLE = 2000  # rows from which columns are told apart
WORDS = 3  # that the cells of prose have on the mean, or where words have no spaces:
SIGNS = 8
FEW_NUMBERS = 20  # different numbers that are likelier classes than measures
SPLIT = "split"  # what a column is called that says which split a row belongs to


@dataclass(frozen=True)
class TextTable:
    """`rows` of as many cells as there are `names` of columns; where a row had too few or too many, all its cells are empty.
    `said`: its form, in a sentence."""

    names: tuple[str, ...]
    rows: list[list[str]]
    said: str

    def column(self, name: str) -> list[str]:
        """The cells of a column. Raises `UserError` where there is none of that name."""
        if name not in self.names:
            near = difflib.get_close_matches(name, self.names, n=1) or self.names[:8]
            raise UserError(f"There is no column {name!r}: take {', '.join(map(repr, near))}.")
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    @cached_property
    def _cells(self) -> dict[str, list[str]]:
        """The cells of each column that hold something, of the first rows."""
        return {name: [row[place] for row in self.rows[:SAMPLE] if row[place]] for place, name in enumerate(self.names)}

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """The columns of numbers."""
        return tuple(name for name, cells in self._cells.items()
                     if cells and sum(map(_is_number, cells)) > 0.9 * len(cells))

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The columns of no numbers."""
        return tuple(name for name in self.names if name not in self.numbers)

    @cached_property
    def prose(self) -> tuple[str, ...]:
        """The columns of texts that differ from row to row, the longest first."""
        return tuple(sorted(filter(self._is_prose, self.texts), key=lambda name: -sum(map(len, self._cells[name]))))

    def _is_prose(self, name: str) -> bool:
        cells = self._cells[name]
        if 2 * len(set(cells)) <= len(cells):
            return False
        dense = sum(len(cell) for cell in cells if not cell.isascii())
        return self.words(name) >= WORDS or dense >= SIGNS * len(cells)

    def words(self, name: str) -> float:
        """How many words the cells of a column have, on the mean."""
        cells = self._cells[name]
        return sum(len(cell.split()) for cell in cells) / max(1, len(cells))

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The columns of few different values, the likeliest classes first."""
        def fits(name: str) -> bool:
            cells = self._cells[name]
            most = FEW_NUMBERS if name in self.numbers else csv_table.MOST_KINDS
            return 2 <= len(set(cells)) <= min(most, len(cells) / 3) and name not in self.prose and name.lower() != SPLIT

        def order(name: str) -> tuple[int, int]:
            known = (*csv_table.LABELS, "sentiment")
            return known.index(name.lower()) if name.lower() in known else len(known), len(set(self._cells[name]))

        return tuple(sorted(filter(fits, self.names), key=order))


def glance(path: Path) -> TextTable | None:
    """The first rows of a file, or None where it is no table of two columns or more."""
    if path.suffix.lower() not in csv_table.SUFFIXES or (path.suffix.lower() == ".txt" and not csv_table.is_table(path)):
        return None
    with open(path, "rb") as file:
        start = file.read(GLANCE)
    if len(start) == GLANCE and start[:2] not in (b"\xff\xfe", b"\xfe\xff"):  # of UTF-16 it is whole letters anyway
        start = start[: start.rfind(b"\n") + 1] or start
    try:
        return read(path.name, start)
    except UserError:
        return None


def load(path: Path) -> TextTable:
    """A file as a table of texts. Raises `UserError` where it is none."""
    size, free = path.stat().st_size, psutil.virtual_memory().available
    if size > MOST_BYTES:
        raise UserError(f"{path.name} has {size / 1e6:,.0f} MB: tables of texts of at most {MOST_BYTES / 1e6:.0f} MB can be "
                        "read.")
    if 8 * size > free:  # as bytes, as text, as cells and as tokens
        raise UserError(f"{path.name} takes up to {8 * size / 1e9:,.1f} GB of memory to read, and {free / 1e9:,.1f} GB are "
                        "free: take fewer rows.")
    return read(path.name, path.read_bytes())


def read(name: str, content: bytes, is_example: Callable[[list[str]], bool] = lambda row: False) -> TextTable:
    """The content of a file as a table of texts. Raises `UserError` where it is none.

    The first row names the columns unless it looks like any other: where it has a number, a cell that comes again in its
    column, or a sentence, or `is_example` says so. Of columns parted by tabs, quotation marks mean something only around a
    whole cell.
    """
    text, encoding = files.decoded(name, content)
    try:
        sign = csv_table.parted_by(text.split("\n", 50)[:50])
        tabs = sign == "\t"
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=sign, skipinitialspace=not tabs,
                                quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL))
    except csv.Error as error:
        raise UserError(f"{name} is no table that can be read ({error}): a quotation mark may lack its end. Save it as CSV "
                        "anew.") from error
    rows = [[_unquoted(cell) if tabs else cell.strip() for cell in row] for row in found if any(map(str.strip, row))]
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    if width < 2:
        raise UserError(f"{name} has only one column: it needs two or more, parted by commas, semicolons or tabs.")
    headed = len(rows[0]) == width and _headed(rows) and not is_example(rows[0])
    rows = [row if len(row) == width else [""] * width for row in rows]
    names = csv_table.names(rows[0] if headed else [""] * width)
    if not rows[headed:]:
        raise UserError(f"{name} has a first row with names, and no other: bring a row for each example.")
    said = (f"Its columns are parted by {csv_table.DELIMITERS[sign]}, its text is {encoding}; the first row "
            + ("names them." if headed else "is an example like the others."))
    return TextTable(tuple(names), rows[headed:], said)


def _headed(rows: list[list[str]]) -> bool:
    if any(map(_is_number, rows[0])) or any(len(cell.split()) > WORDS or cell[-1:] in (*".!?…。",) for cell in rows[0]):
        return False
    others = [set(column) for column in zip(*(row for row in rows[1:SAMPLE] if len(row) == len(rows[0])), strict=True)]
    return not any(cell and cell in column for cell, column in zip(rows[0], others, strict=False))


def _unquoted(cell: str) -> str:
    cell = cell.strip()
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True
