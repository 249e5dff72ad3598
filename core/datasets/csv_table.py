"""A table in a text file, rows of cells: its form found out, its columns told apart, and one of them taken as the class.

Whatever is wrong with it is said in one sentence. Cells that are empty or say so (`NA`, `?`) count as missing.
"""

from __future__ import annotations

import csv
import difflib
import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from core.datasets.base import Progress
from core.datasets.dividing import Examples, Finding, digest
from core.errors import UserError

SUFFIXES = {".csv", ".tsv", ".txt", ".data"}
DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}  # a comma last: it may be a decimal point
MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "-"}
LABELS = ("label", "class", "target", "species", "category", "y")  # what a column of classes is often called
MOST_BYTES = 2_000_000_000
MOST_KINDS = 1000  # different texts of a column that are told apart
MOST_ONE_HOT = 20  # different texts of a column that become columns of 0 and 1
MOST_NUMBERS = 100  # different whole numbers that may be classes; of other numbers a fifth
BLOCK = 1000  # rows that are turned into numbers at once


@dataclass
class Column:
    """A column: where its cells are texts (`rows`), and which of its `kinds` each is (`codes`, -1 for one too many)."""

    name: str
    rows: array = field(default_factory=lambda: array("q"))
    codes: array = field(default_factory=lambda: array("q"))
    kinds: dict[str, int] = field(default_factory=dict)

    def add(self, row: int, text: str) -> None:
        code = self.kinds.get(text, -1)
        if code < 0 and len(self.kinds) <= MOST_KINDS:
            code = self.kinds[text] = len(self.kinds)
        self.rows.append(row)
        self.codes.append(code)


@dataclass
class Table:
    """A file as it was read: `values`, float32 `(rows, columns)`, NaN where a cell is missing or text; `said`: its form."""

    columns: list[Column]
    values: np.ndarray
    said: str
    guess: str  # the name of the column that is likely the class


def read(path: Path, progress: Progress = lambda done, total: None) -> Table:
    """Reads the file. Raises `UserError` where it is no table."""
    size, free = path.stat().st_size, psutil.virtual_memory().available
    if size > MOST_BYTES:
        raise UserError(f"{path.name} has {size / 1e9:,.1f} GB: tables of at most {MOST_BYTES / 1e9:.0f} GB can be read.")
    if 6 * size > free:  # a cell of two letters becomes four bytes, three times while it is divided
        raise UserError(f"{path.name} takes up to {6 * size / 1e9:,.1f} GB of memory to read, and {free / 1e9:,.1f} GB are "
                        "free: take fewer rows or columns.")
    with open(path, "rb") as file:
        start = file.read(65_536)
    if not start.strip():
        raise UserError(f"{path.name} is empty: bring a table with a row for each example.")
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    if encoding != "utf-16" and b"\0" in start:
        raise UserError(f"{path.name} is no text: save the table as CSV.")
    try:
        try:
            return _read(path, encoding, progress)
        except UnicodeDecodeError:
            return _read(path, "cp1252", progress)  # of older Windows programs
    except csv.Error as error:
        raise UserError(f"{path.name} is no table that can be read ({error}): save it as CSV anew.") from error


def is_table(path: Path) -> bool:
    """Whether the first lines of a text, three at least, have as many columns each, two or more: no prose has."""
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = [line for line, _ in zip(file, range(50), strict=False) if line.strip()]
    try:
        widths = {len(row) for row in csv.reader(lines, delimiter=parted_by(lines))}
    except csv.Error:  # a line that is far too long
        return False
    return len(lines) > 2 and len(widths) == 1 and widths != {1}


def _read(path: Path, encoding: str, progress: Progress) -> Table:
    with open(path, encoding=encoding, errors="strict" if encoding != "cp1252" else "replace", newline="") as file:
        lines = [line for line, _ in zip(file, range(50), strict=False)]
        delimiter = parted_by(lines)
        file.seek(0)
        rows = csv.reader(_told(file, path, progress), delimiter=delimiter, skipinitialspace=True)
        first = next((row for row in rows if row), [])
        header = not any(_is_number(cell, delimiter) for cell in first)
        columns = [Column(name) for name in names(first if header else [""] * len(first))]
        if len(columns) < 2:
            raise UserError(f"{path.name} has only one column: it needs columns of features and one with the class, "
                            "parted by commas, semicolons or tabs.")
        blocks, block, count = [], [], 0
        for row in [first] * (not header):
            block.append(_numbers(row, count, columns, delimiter))
            count += 1
        for row in rows:
            if not row:
                continue  # an empty line
            block.append(_numbers(row, count, columns, delimiter))
            count += 1
            if len(block) == BLOCK:
                blocks.append(np.array(block, np.float32))
                block = []
    if not count:
        raise UserError(f"{path.name} has a first row with names, and no other: bring a row for each example.")
    values = np.concatenate([*blocks, np.array(block, np.float32).reshape(-1, len(columns))])
    values[~np.isfinite(values)] = np.nan
    said = f"Its columns are parted by {DELIMITERS[delimiter]}; the first row " + (
        "names them." if header else "holds numbers, so it is taken for an example and the columns are numbered.")
    likely = [column.name for word in LABELS for column in columns if column.name.lower() == word]
    return Table(columns, values, said, (likely or [columns[-1].name])[0])


def _told(lines: Iterable[str], path: Path, progress: Progress) -> Iterator[str]:
    """The lines, while `progress` hears of them."""
    total, done = path.stat().st_size, 0
    for line in lines:
        done += len(line)
        progress(min(done, total), total)
        yield line


def parted_by(lines: list[str]) -> str:
    """The sign that cuts most of the first lines into equally many cells, more than one."""
    def share(sign: str) -> float:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=sign, skipinitialspace=True) if row)
        width, times = widths.most_common(1)[0] if widths else (1, 0)
        return times / widths.total() if width > 1 else 0.0

    return max(DELIMITERS, key=share) if any(map(share, DELIMITERS)) else ","


def _number(cell: str, delimiter: str) -> float:
    """Raises `ValueError` where the cell is text."""
    try:
        return float(cell)
    except ValueError:
        if cell.strip().lower() in MISSING:
            return math.nan
        if delimiter == "," or cell.count(",") != 1:
            raise
        return float(cell.replace(",", "."))


def _is_number(cell: str, delimiter: str) -> bool:
    try:
        return not math.isnan(_number(cell, delimiter))
    except ValueError:
        return False


def names(first: list[str]) -> list[str]:
    """The columns' names, each once."""
    names: list[str] = []
    for i, cell in enumerate(first):
        name = " ".join(cell.split())[:80] or f"column {i + 1}"
        names.append(name if name not in names else f"{name} ({i + 1})")
    return names


def _numbers(row: list[str], place: int, columns: list[Column], delimiter: str) -> list[float]:
    """A row as numbers; texts go to their columns. One with too few or too many cells has all missing."""
    if len(row) != len(columns):
        return [math.nan] * len(columns)
    try:
        return list(map(float, row))
    except ValueError:
        pass
    found = []
    for cell, column in zip(row, columns, strict=True):
        try:
            found.append(_number(cell, delimiter))
        except ValueError:
            column.add(place, cell.strip())
            found.append(math.nan)
    return found


# ---- a column as the class, the others as features


def examples(path: Path, table: Table, label: str, leave_out: Iterable[str]) -> tuple[Examples, np.ndarray, tuple[str, ...]]:
    """The rows as examples, their features float32 `(rows, features)`, and the features' names.

    Raises `UserError` where the label is no column, or no classes.
    """
    names = [column.name for column in table.columns]
    if label not in names:
        near = difflib.get_close_matches(label, names, n=1) or names[:8]
        raise UserError(f"{path.name} has no column {label!r}: take {', '.join(map(repr, near))}.")
    leave_out, found = set(leave_out), [Finding("form", table.said)]
    classes, targets = _classes(path, table, names.index(label))
    parts, features, refused = [], [], []
    for i, column in enumerate(table.columns):
        if column.name == label:
            continue
        values = table.values[:, i]  # (rows,)
        if not column.rows:
            parts.append(values[:, None])
            features.append(column.name)
            continue
        kinds, codes = _kinds(column, values)
        if len(kinds) > MOST_ONE_HOT:
            refused.append(column.name)
            continue
        hot = (codes[:, None] == np.arange(len(kinds))).astype(np.float32)  # (rows, kinds)
        hot[codes < 0] = np.nan
        parts.append(hot)
        features += [f"{column.name} = {kind}" for kind in kinds]
    if refused:
        one = len(refused) == 1
        found.append(Finding(
            "text", f"The column{'' if one else 's'} {_listed(refused)} hold{'s' if one else ''} text of more than "
            f"{MOST_ONE_HOT} kinds, which can't become numbers.", f"Leave out {'this column' if one else 'these columns'}",
            must=True))
    if not parts:
        raise UserError(f"{path.name} has no column of numbers beside {label!r}: bring features that are numbers.")
    inputs = np.concatenate(parts, axis=1)
    usable = ~np.isnan(inputs).any(1) & (targets >= 0)
    if lacking := int((~usable).sum()):
        found.append(Finding(
            "missing", f"{lacking:,} of the {len(inputs):,} rows lack a value, or have too few or too many cells.",
            "Leave out these rows", must=True))
    if not usable.any():
        raise UserError(f"No row of {path.name} is whole: fill in what is missing, or take out the columns that are empty.")
    inputs, features = _without(inputs, usable, features, leave_out, found)
    inputs[~usable] = 0
    digests = np.fromiter((digest(row.tobytes()) for row in inputs + np.float32(0)),  # + 0: there are two zeros
                          np.int64, len(inputs))
    return Examples(targets, digests, np.full(len(inputs), -1), usable, classes, "rows", found), inputs, tuple(features)


def _without(
    inputs: np.ndarray, usable: np.ndarray, features: list[str], leave_out: set[str], found: list[Finding]
) -> tuple[np.ndarray, list[str]]:
    """The features without those that teach nothing or too much, where that is asked for; each is found and said."""
    whole = inputs[usable]
    constant = whole.min(0) == whole.max(0)
    steps = np.diff(whole, axis=0)
    counting = (steps == 1).all(0) if len(whole) > 2 else np.zeros(len(features), bool)
    keep = np.ones(len(features), bool)
    for key, which, sentence in (
        ("constant", constant, "the same in every row, so that nothing can be learned from it"),
        ("counting", counting, "a mere number of the row, which may give the class away where the rows are sorted"),
    ):
        if which.any():
            names = [name for name, one in zip(features, which, strict=True) if one]
            found.append(Finding(key, f"{_listed(names)}: {sentence}.", "Leave out such columns"))
            if key in leave_out:
                keep &= ~which
    if not keep.any():
        raise UserError("No column that teaches something is left: bring features that differ from row to row.")
    return inputs[:, keep], [name for name, one in zip(features, keep, strict=True) if one]


def _kinds(column: Column, values: np.ndarray) -> tuple[list[str], np.ndarray]:
    """A column's different texts and numbers, sorted, and which of them stands in each row `(rows,)`, -1 where none."""
    numbers = np.unique(values[~np.isnan(values)])
    texts = list(column.kinds) + [_plain(number) for number in numbers]
    kinds = sorted(set(texts))
    place = {kind: i for i, kind in enumerate(kinds)}
    codes = np.full(len(values), -1)
    rows, own = np.array(column.rows, np.int64), np.array(column.codes, np.int64)
    order = np.array([place[kind] for kind in column.kinds] + [-1])
    codes[rows] = order[own]  # -1 stays -1
    for number in numbers if len(kinds) <= MOST_KINDS else ():
        codes[values == number] = place[_plain(number)]
    return kinds, codes


def _classes(path: Path, table: Table, at: int) -> tuple[tuple[str, ...], np.ndarray]:
    """The classes in order and the number of each row's `(rows,)`, -1 where it is missing."""
    column, values = table.columns[at], table.values[:, at]
    if column.rows:
        kinds, targets = _kinds(column, values)
    else:
        numbers = np.unique(values[~np.isnan(values)])
        whole = (numbers == np.round(numbers)).all()
        if len(numbers) > (MOST_NUMBERS if whole else MOST_NUMBERS // 5):
            raise UserError(
                f"The column {column.name!r} holds {len(numbers):,} different numbers: to predict those is regression, and "
                "here classes are learned. Take another column, or sort its numbers into a few classes first.")
        kinds = [_plain(number) for number in numbers]
        targets = np.where(np.isnan(values), -1, np.searchsorted(numbers, values))
    if len(kinds) < 2:
        what = f"only the one value {kinds[0]!r}" if kinds else "nothing"
        raise UserError(f"The column {column.name!r} holds {what}: there must be two classes or more to tell apart.")
    if len(kinds) > MOST_KINDS or 3 * len(kinds) > len(values):
        raise UserError(
            f"The column {column.name!r} holds {'more than ' * (len(kinds) > MOST_KINDS)}{min(len(kinds), MOST_KINDS):,} "
            f"different values in {len(values):,} rows: too many to be classes. Take another column.")
    return tuple(kinds), targets


def _plain(number: float) -> str:
    return f"{number:.7g}"


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names[:3])) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
