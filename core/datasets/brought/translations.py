"""Sentences and their translations: two columns of a table, or two text files whose lines belong together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from core import experiment
from core.catalog import DataSpec
from core.datasets import class_folders, files, pairs, recordings, text_table
from core.datasets.base import Progress
from core.datasets.brought import base
from core.datasets.brought.base import Choice, Description, Examined, Form, Proposal, Source
from core.datasets.dividing import Examples, Finding, are, digest, divide
from core.datasets.files import File
from core.errors import UserError
from core.experiment import setting

SHARE = 0.05  # of the test, and of the validation
LENGTH = 80  # pieces of words of the longest sentence
LONG = 100  # words: a longer sentence is likelier a paragraph, and would be cut
MOST_BYTES = 200_000_000  # of a file
ASIDE = ("readme", "license", "licence")  # what lies beside two texts and is none of them


class Translations(Form):
    kind, title = "pairs", "sentences and translations"

    def fits(self, path: Path, held: Sequence[File] | None) -> int:
        if held is not None:
            return 3 * (len(_texts(held)) == 2)
        table = text_table.glance(path)
        if table is None:
            return 0
        return 3 if len(table.prose) > 1 and not table.classes and not table.numbers else len(table.texts) > 1

    def propose(self, path: Path) -> Proposal:
        if path.is_dir() or path.suffix.lower() == ".zip":
            sides = list(_sides(path, files.listed(path)[0]))
            return Proposal(Source(path=path, kind=self.kind, source_language=sides[0], text=sides[1], length=LENGTH),
                            (Choice("source_language", "It is translated from", tuple(sides)),))
        table = text_table.load(path)
        prose = [name for name in table.names if name in table.prose[:2]]  # in the table's order
        first, second, *others = [*prose, *(name for name in table.names if name not in prose)]
        into = (Choice("text", "It is translated into", (second, first, *others)),) if others else ()
        return Proposal(Source(path=path, kind=self.kind, source_language=first, text=second, length=LENGTH),
                        (Choice("source_language", "It is translated from", (first, second, *others)), *into))

    def examine(self, source: Source, progress: Progress) -> Examined:
        if source.path.is_dir() or source.path.suffix.lower() == ".zip":
            sides, said = _lines(source.path)
        else:
            table = text_table.load(source.path)
            sides, said = {name: table.column(name) for name in table.names}, table.said
        languages = (source.source_language, _other(source, list(sides)))
        lines, translations = ([" ".join(text.split()) for text in sides[language]] for language in languages)
        found, count = [Finding("form", said)], len(lines)
        full = np.array([bool(line and translation) for line, translation in zip(lines, translations, strict=True)])
        if empty := int((~full).sum()):
            found.append(Finding("empty", f"{empty:,} of the {count:,} pairs lack a side.", "Leave out these pairs",
                                 must=True))
        same = full & np.array([line == translation for line, translation in zip(lines, translations, strict=True)])
        if same.any():
            found.append(Finding("same", f"{are(int(same.sum()), 'pairs')} not translated: both sides are the same.",
                                 "Leave out these pairs"))
        long = full & np.array([max(len(line.split()), len(translation.split())) > LONG
                                for line, translation in zip(lines, translations, strict=True)])
        if long.any():
            found.append(Finding("long", f"{are(int(long.sum()), 'pairs')} longer than {LONG} words, and would be cut.",
                                 "Leave out the long pairs"))
        usable = full & ~(same & ("same" in source.leave_out)) & ~(long & ("long" in source.leave_out))
        # One sentence that is translated in two ways stays on one side.
        digests = np.array([digest(line.lower().encode()) for line in lines])
        examples = Examples(np.zeros(count, int), digests, np.full(count, -1), usable, (), "source sentences", found)
        divided = divide(examples, source.leave_out, SHARE)
        parts = {name: ([lines[i] for i in place], [translations[i] for i in place])
                 for name, place in divided.places.items()}
        spec = pairs.spec({name: len(place) for name, place in divided.places.items()}, languages, source.vocabulary_size,
                          source.length)
        return Examined(source, pairs.data(parts, spec, str(source.path)), divided.findings,
                        base.summary(examples, lines, translations))

    def settings(self, given: Source) -> type[experiment.Settings]:
        class Settings(experiment.Settings):
            vocabulary_size: int = setting(given.vocabulary_size, "Pieces of words that are told apart, in both languages "
                                           "together.", unit="pieces", ge=500, le=50_000)
            length: int = setting(given.length, "Longest sentence in pieces; a longer one is cut.", unit="pieces", ge=8,
                                  le=256)

        return Settings

    def spec(self, described: Description, source: Source) -> DataSpec:
        """With the largest vocabulary that there can be."""
        spec = described.spec
        return pairs.spec(spec.sizes, spec.languages, source.vocabulary_size, source.length)

    def card(self, described: Description) -> tuple[str, str]:
        spec = described.spec
        return (f"{sum(spec.sizes.values()):,} sentences and their translations ({' to '.join(spec.languages)}), brought by "
                "you.",
                "Pieces of words (byte-pair encoding over bytes) are found in the training pairs, one vocabulary for both "
                "languages. Divided by the source sentences: a twentieth is the test, a twentieth the validation.")


def _other(source: Source, sides: list[str]) -> str:
    """The side that is translated into. Raises `UserError` where the source is none of the sides, or both."""
    if source.source_language not in sides:
        raise UserError(f"There is no side {source.source_language!r}: take {' or '.join(map(repr, sides[:8]))}.")
    if len(sides) == 2:
        return sides[1 - sides.index(source.source_language)]
    if source.text not in sides:
        raise UserError(f"There is no side {source.text!r}: take {' or '.join(map(repr, sides[:8]))}.")
    if source.text == source.source_language:
        raise UserError(f"{source.text!r} can't be both sides: take another column for one of them.")
    return source.text


def _texts(held: Sequence[File]) -> list[File]:
    """The files that may be texts; none where there are pictures or sounds."""
    if any(files.suffix(file) in class_folders.SUFFIXES | recordings.SUFFIXES for file in held):
        return []
    return [file for file in held if PurePosixPath(file.place).stem.lower() not in ASIDE]


def _sides(path: Path, held: Sequence[File]) -> dict[str, File]:
    """Two text files by what their side is called: by the endings of their names where these differ, as train.en and
    train.fr, else by what stands before. Raises `UserError` where there are not two."""
    texts = _texts(held)
    if len(texts) != 2:
        raise UserError(f"{path.name} does not hold two texts: put two files there whose lines belong together.")
    for called in (lambda place: place.suffix[1:], lambda place: place.stem, str):
        sides = {called(PurePosixPath(file.place)): file for file in texts}
        if len(sides) == 2 and all(sides):
            break
    return sides


def _lines(path: Path) -> tuple[dict[str, list[str]], str]:
    """The lines of both sides, and their form in a sentence. Raises `UserError` where they don't belong together."""
    found, encodings = {}, {}
    with files.opened(path) as content_of:
        for side, file in _sides(path, files.listed(path)[0]).items():
            if file.size > MOST_BYTES:
                raise UserError(f"{file.place} has {file.size / 1e6:,.0f} MB: at most {MOST_BYTES / 1e6:.0f} MB can be "
                                "read.")
            try:
                text, encodings[file.place] = files.decoded(file.place, content_of(file))
            except files.BROKEN as error:
                raise UserError(f"{file.place} can't be read ({error}): pack it anew.") from error
            found[side] = text.removesuffix("\n").split("\n")
    (one, lines), (other, others) = zip(encodings, found.values(), strict=True)
    if len(lines) != len(others):
        raise UserError(f"{one} has {len(lines):,} lines and {other} {len(others):,}: each line needs its translation at "
                        "the same place of the other file.")
    return found, f"{len(lines):,} lines in each of {' and '.join(f'{name} ({kind})' for name, kind in encodings.items())}."
