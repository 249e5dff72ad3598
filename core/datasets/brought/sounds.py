"""Sounds in class folders, and sounds with a table of what is said in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from core import experiment
from core.catalog import BLANK, DataSpec
from core.datasets import class_folders, files, recordings, text_table
from core.datasets.base import Data, Progress, Split
from core.datasets.brought import base
from core.datasets.brought.base import Choice, Description, Examined, Form, Proposal, Source
from core.datasets.dividing import Examples, Finding, are, divide
from core.datasets.files import File
from core.datasets.recordings import LONGEST
from core.datasets.text_table import TextTable
from core.errors import UserError
from core.experiment import setting

TABLES = {".csv", ".tsv", ".txt"}
MOST_TABLE_BYTES = 50_000_000
TEXTS = ("text", "transcript", "transcription", "sentence", "words")  # what a column of transcripts is often called
MOMENT = 0.03  # seconds that a recogniser takes for one letter, at the least


class Sounds(Form):
    """What both forms of sounds share."""

    def settings(self, given: Source) -> type[experiment.Settings]:
        class Settings(experiment.Settings):
            rate: Literal[8000, 16000] = setting(given.rate, "Samples a second to which sounds are brought; 16000 keep the "
                                                 "hiss of an s, and take twice the memory.", unit="Hz")

        return Settings

    def spec(self, described: Description, source: Source) -> DataSpec:
        samples = described.spec.shape[0] * source.rate // described.source.rate
        return described.spec.model_copy(update={"shape": (samples,), "sample_rate": source.rate})

    def _too_long(self, usable: np.ndarray, seconds: np.ndarray) -> list[Finding]:
        """What is said of sounds that are too long, which are usable no more; nothing where there are none."""
        long = usable & (seconds > LONGEST)
        usable &= ~long
        return [Finding("long", f"{are(int(long.sum()), 'sounds')} longer than {LONGEST:.0f} seconds, the longest has "
                        f"{seconds.max():.0f}: cut them, or leave them out.", "Leave out the long sounds", must=True)
                ] if long.any() else []


class SoundClasses(Sounds):
    kind, title = "sounds", "sounds in class folders"

    def fits(self, path: Path, held: Sequence[File] | None) -> int:
        return 2 * any(files.suffix(file) in recordings.SUFFIXES for file in held or ())

    def propose(self, path: Path) -> Proposal:
        class_folders.listing(path, recordings.SUFFIXES, "sound")  # says what is wrong
        return Proposal(Source(path=path, kind=self.kind))

    def examine(self, source: Source, progress: Progress) -> Examined:
        held = class_folders.listing(source.path, recordings.SUFFIXES, "sound")
        read = recordings.decode(source.path, held.files, held.version, source.rate, progress)
        usable = read["readable"].numpy().copy()
        examples = class_folders.checked(source.path, held, usable, read["digests"].numpy(), recordings.opened)
        examples.findings += self._too_long(usable, read["seconds"].numpy())
        found = divide(examples, source.leave_out)
        inputs = _rows(read, found.places, source.rate)
        splits = {name: Split(sounds, torch.from_numpy(found.targets[name])) for name, sounds in inputs.items()}
        spec = DataSpec(kind="sounds", shape=tuple(inputs["train"].shape[1:]), sample_rate=source.rate,
                        classes=found.classes, sizes={name: len(split) for name, split in splits.items()})
        return Examined(source, Data(spec, **splits, source=str(source.path)), found.findings, base.summary(examples))

    def card(self, described: Description) -> tuple[str, str]:
        return base.told(described, "sounds", "Mono, 8 or 16 kHz, without the quiet before and after, all equally loud")


class Transcripts(Sounds):
    kind, title = "transcripts", "sounds with transcripts"

    def fits(self, path: Path, held: Sequence[File] | None) -> int:
        sounds = _Sounds(held or ())
        return 3 * bool(sounds.files and _tables(path, held, sounds))

    def propose(self, path: Path) -> Proposal:
        held, _ = files.listed(path)
        table, _, column = _tables(path, held, _Sounds(held))[0]
        others = sorted((name for name in table.names if name != column), key=lambda name: (
            TEXTS.index(name.lower()) if name.lower() in TEXTS else len(TEXTS), -table.words(name)))
        return Proposal(Source(path=path, kind=self.kind, text=others[0]),
                        (Choice("text", "What is said is in the column", tuple(others)),) if others[1:] else ())

    def examine(self, source: Source, progress: Progress) -> Examined:
        held, version = files.listed(source.path)
        sounds = _Sounds(held)
        tables = _tables(source.path, held, sounds)
        if not tables:
            raise UserError(f"{source.path.name} has no table that names its sounds: put a TSV or CSV file there with a "
                            "column of files and one of transcripts.")
        table, place, column = tables[0]
        named = np.array([sounds.find(cell) for cell in table.column(column)])  # (rows,), -1 where there is no such sound
        texts = [normalised(text) for text in table.column(source.text)]
        class_folders.check_sizes(source.path, sounds.files, "sound")
        read = recordings.decode(source.path, sounds.files, version, source.rate, progress)
        found = [Finding("form", f"{place}: {table.said} The column {column!r} names the sounds, {source.text!r} holds what "
                         "is said.")]
        usable = self._usable(source, sounds, table.column(column), named, texts, read, found)
        digests = np.where(named >= 0, read["digests"].numpy()[named], 0)
        splits = base.splits(table, usable, found)
        examples = Examples(np.zeros(len(texts), int), digests, splits, usable, (), "sounds", found)
        divided = divide(examples, source.leave_out)
        chosen = [texts[i] for i in np.flatnonzero(usable)]
        letters = ("", *sorted(set("".join(chosen))))
        found = [*divided.findings, Finding(
            "letters", "Transcripts are in lower case and without punctuation, as error rates are counted; "
            f"{len(letters) - 1} different letters: {' '.join(letters[1:]).replace('  ', '␣ ', 1)}")]  # a space comes first
        number, most = {letter: i for i, letter in enumerate(letters)}, max(map(len, chosen))
        inputs = _rows(read, {name: named[at] for name, at in divided.places.items()}, source.rate)
        parts = {}
        for name, at in divided.places.items():
            targets = torch.full((len(at), most), BLANK)
            for row, i in zip(targets, at.tolist(), strict=True):
                row[: len(texts[i])] = torch.tensor([number[letter] for letter in texts[i]])
            parts[name] = Split(inputs[name], targets)
        spec = DataSpec(kind="sounds", shape=tuple(inputs["train"].shape[1:]), sample_rate=source.rate, vocabulary=letters,
                        vocabulary_size=len(letters), target_length=most,
                        sizes={name: len(part) for name, part in parts.items()})
        digest = base.summary(examples, texts)
        return Examined(source, Data(spec, **parts, source=str(source.path)), tuple(found), digest)

    def _usable(self, source: Source, sounds: _Sounds, cells: list[str], named: np.ndarray, texts: list[str],
                read: dict[str, Tensor], found: list[Finding]) -> np.ndarray:
        """Which rows can be used `(rows,)`; what speaks against the others is found."""
        there = named >= 0
        if lost := np.flatnonzero(~there).tolist():
            found.append(Finding("lost", f"{len(lost):,} of the {len(cells):,} rows name no sound that is there, or have "
                                 f"too few or too many cells; the first names {cells[lost[0]]!r}.", "Leave out these rows",
                                 must=True))
        if untold := sorted(set(range(len(sounds.files))) - set(named.tolist())):
            found.append(Finding("untold", f"{are(len(untold), 'sounds')} passed over, having no transcript; the first is "
                                 f"{sounds.files[untold[0]].place!r}."))
        found += class_folders.unreadable(
            source.path, "sound", sounds.files, read["readable"].numpy(), recordings.opened)
        usable = there & read["readable"].numpy()[named]
        seconds = np.where(usable, read["seconds"].numpy()[named], 0)
        found += self._too_long(usable, seconds)
        said = np.array([bool(text) for text in texts])
        if empty := int((usable & ~said).sum()):
            found.append(Finding("empty", f"{are(empty, 'transcripts')} empty, or without a letter or digit.",
                                 "Leave out the empty transcripts", must=True))
        usable &= said
        # Two letters that are the same need a blank between them.
        moments = np.array([len(text) + sum(a == b for a, b in pairwise(text)) for text in texts])
        crowded = usable & (moments * MOMENT > seconds)
        if crowded.any():
            found.append(Finding("crowded", f"{are(int(crowded.sum()), 'transcripts')} longer than can be said so fast ("
                                 f"more than {1 / MOMENT:.0f} letters a second): look whether they belong to other sounds; "
                                 f"the first is that of {cells[crowded.argmax()]!r}.", "Leave out these transcripts",
                                 must=True))
        usable &= ~crowded
        if not usable.any():
            raise UserError(f"No sound of {source.path.name} has a transcript that can be used: take another column.")
        return usable

    def card(self, described: Description) -> tuple[str, str]:
        spec = described.spec
        return (f"{sum(spec.sizes.values()):,} sounds of up to {spec.shape[0] / spec.sample_rate:.1f} seconds and what is "
                "said in them, brought by you.",
                "Mono, 8 or 16 kHz, without the quiet before and after. Transcripts in lower case, without punctuation: "
                f"{spec.vocabulary_size - 1} letters. Divided by content where the table doesn't say how: a tenth is the "
                "test, a tenth the validation.")


class _Sounds:
    """The sound files among those held, found by whatever a table calls them: their place or the end of it, with the ending
    of the name or without."""

    def __init__(self, held: Sequence[File]):
        self.files = [file for file in held if files.suffix(file) in recordings.SUFFIXES]
        self._known: dict[str, set[int]] = {}
        for i, file in enumerate(self.files):
            for name in _ends(file.place):
                self._known.setdefault(name, set()).add(i)

    def find(self, cell: str) -> int:
        """Which one is meant, or -1 where that is none, or more than one."""
        hits = next((hits for name in _ends(cell.replace("\\", "/")) if (hits := self._known.get(name))), ())
        return next(iter(hits)) if len(hits) == 1 else -1


def _ends(place: str) -> list[str]:
    """`a/b.wav` as `a/b.wav`, `a/b`, `b.wav`, `b`: the longest first."""
    parts = PurePosixPath(place).parts
    ends = [PurePosixPath(*parts[i:]) for i in range(len(parts))]
    return [name for end in ends for name in (str(end), str(end.parent / end.stem))]


def _tables(path: Path, held: Sequence[File], sounds: _Sounds) -> list[tuple[TextTable, str, str]]:
    """The tables among the files of which half of the rows name sounds, or that name half of the sounds, the one that names
    most first: each with its place and the column that does so."""
    found = []
    with files.opened(path) as content_of:
        for file in held:
            if files.suffix(file) not in TABLES or file.size > MOST_TABLE_BYTES:
                continue
            try:
                table = text_table.read(file.place, content_of(file),
                                        lambda row: any(sounds.find(cell) >= 0 for cell in row))
            except (UserError, *files.BROKEN):
                continue
            named = {name: sum(sounds.find(cell) >= 0 for cell in table.column(name)) for name in table.names}
            column = max(named, key=lambda name: named[name])
            if sounds.files and 2 * named[column] >= min(len(table.rows), len(sounds.files)):
                found.append((named[column], table, file.place, column))
    return [rest for _, *rest in sorted(found, key=lambda one: -one[0])]


def _rows(read: dict[str, Tensor], places: dict[str, np.ndarray], rate: int) -> dict[str, Tensor]:
    """The sounds of each split at its places, all as long as the longest: int16 `(n, samples)`."""
    whole = recordings.rows(read, np.concatenate(list(places.values())), rate)
    return dict(zip(places, whole.split([len(at) for at in places.values()]), strict=True))


def normalised(text: str) -> str:
    """A transcript as words in lower case, of letters, digits and inner apostrophes, with one space between them."""
    text = unicodedata.normalize("NFC", text).lower().replace("’", "'")
    kept = "".join(sign if unicodedata.category(sign)[0] in "LMN" or sign == "'" else " " for sign in text)
    return " ".join(word for word in (word.strip("'") for word in kept.split()) if word)
