"""A form in which data can be brought: what own.py asks of it, and what it is told in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from core.catalog import DataSpec
from core.datasets import characters, class_folders, dividing
from core.datasets.base import Data, Progress, Split
from core.datasets.dividing import Divided, Examples, Finding, are
from core.datasets.files import File
from core.datasets.text_table import SPLIT, TextTable
from core.errors import UserError
from core.experiment import Settings


class Source(BaseModel):
    """Where the files are, and how they are read: as which `kind` of form. `label` and `text` are a table's columns of
    classes and of texts; `side` and `grey` are the pictures'; `rate` is the sounds'; `length` that of a text's windows or of
    the longest sentence, of `vocabulary_size` tokens; `tokens` says what a running text is cut into; `source_language` names
    the side that is translated; `leave_out` holds the offers (keys of findings) that were taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    kind: Literal["images", "features", "text", "sentences", "sounds", "transcripts", "pairs", "questions",
                  "noisy", "captioned"]
    side: int = 64
    length: int = characters.LENGTH
    grey: bool = False
    label: str = ""
    text: str = ""
    tokens: Literal["characters", "subwords"] = "characters"
    vocabulary_size: int = 8000
    rate: int = 8000
    source_language: str = ""
    leave_out: tuple[str, ...] = ()


class Description(BaseModel):
    """All that is known of a data set that was brought. `characters` of a text; `digest` is of its files; `added` in Unix
    seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    source: Source
    spec: DataSpec
    characters: int = 0
    digest: str
    added: float
    removed: bool = False


@dataclass(frozen=True)
class Choice:
    """What a person may choose of how files are read: for a `field` of `Source` one of the `options` (the likeliest first),
    or a whole number from `low` to `high`; without either, yes or no."""

    field: str
    label: str
    options: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    help: str | None = None


@dataclass(frozen=True)
class Proposal:
    """How files are best read, and what may be chosen of that. `forms`: the titles of all forms, by kind, that they may be
    read as, the likeliest first."""

    source: Source
    choices: tuple[Choice, ...] = ()
    forms: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Examined:
    """A source that was read and divided. `characters` of a text; `broken`: what must be left out, and isn't yet."""

    source: Source
    data: Data
    findings: tuple[Finding, ...]
    digest: str
    characters: int = 0

    @property
    def broken(self) -> tuple[Finding, ...]:
        return tuple(found for found in self.findings if found.must and found.key not in self.source.leave_out)


class Form:
    """One form. `kind` stands in the sources that are read by it; `title` is what a person calls it."""

    kind: ClassVar[str]
    title: ClassVar[str]

    def fits(self, path: Path, held: Sequence[File] | None) -> int:
        """How likely this is the form of what lies at `path`: 0, not at all. `held`: the files in it, if it is a folder or a
        zip."""
        raise NotImplementedError

    def propose(self, path: Path) -> Proposal:
        """How it is best read. Raises `UserError` where it can't be."""
        raise NotImplementedError

    def examine(self, source: Source, progress: Progress) -> Examined:
        """Reads and divides it, with what is asked for left out. Raises `UserError` where nothing can be made of it."""
        raise NotImplementedError

    def settings(self, given: Source) -> type[Settings]:
        """What a run may choose: fields of `Source`, at first as `given`."""
        return Settings

    def spec(self, described: Description, source: Source) -> DataSpec:
        """What is yielded when it is read as `source` says, without reading it."""
        return described.spec

    def card(self, described: Description) -> tuple[str, str]:
        """What a beginner and an expert read about it."""
        raise NotImplementedError


def taken(divided: Divided, inputs: Tensor) -> dict[str, Split]:
    """The splits of all examples' `inputs` `(n, ...)`."""
    return {name: Split(inputs[torch.from_numpy(place)], torch.from_numpy(divided.targets[name]))
            for name, place in divided.places.items()}


def summary(examples: Examples, *more: Any) -> str:
    """A digest of what examples hold, and of `more`."""
    content = hashlib.sha256(json.dumps([examples.classes, *more]).encode())
    for part in (examples.digests, examples.targets, examples.splits):
        content.update(np.ascontiguousarray(part, np.int64).tobytes())
    return content.hexdigest()[:16]


def told(described: Description, what: str, form: str) -> tuple[str, str]:
    """The card of `what` has classes, such as pictures, in whatever `form`."""
    spec = described.spec
    shown = ", ".join(spec.classes[:6]) + (f" and {len(spec.classes) - 6} more" if len(spec.classes) > 6 else "")
    return (f"{sum(spec.sizes.values()):,} {what} in {len(spec.classes)} classes, brought by you: {shown}.",
            f"{form}. Divided by content where the files don't say how: a tenth of each class is the test, a tenth the "
            "validation; what is the same stands on the same side.")


def splits(table: TextTable, usable: np.ndarray, found: list[Finding]) -> np.ndarray:
    """The split of each row `(n,)` where a column says it, else -1. Rows whose split is none can't be used."""
    named = next((name for name in table.names if name.lower() == SPLIT), None)
    if named is None:
        return np.full(len(usable), -1)
    known = {word: dividing.SPLITS.index(split) for word, split in {**class_folders.SPLITS, "dev": "validation"}.items()}
    splits = np.array([known.get(cell.lower(), -1) for cell in table.column(named)])
    for split in (0, 2):
        if not (splits == split).any():
            raise UserError(f"The column {named!r} names no row {dividing.SPLITS[split]!r}: name train and test in it, and "
                            "validation if you like, or call the column otherwise.")
    if astray := int((usable & (splits < 0)).sum()):
        found.append(Finding("astray", f"{are(astray, 'rows')} in none of the splits train, validation and test.",
                             "Leave out these rows", must=True))
    usable &= splits >= 0
    found.append(Finding("split", f"Divided as the column {named!r} says."))
    return splits
