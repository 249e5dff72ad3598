"""A table with a column of texts and one of their classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from core import experiment
from core.catalog import DataSpec
from core.datasets import csv_table, text_table
from core.datasets.base import Data, Padded, Progress
from core.datasets.brought import base
from core.datasets.brought.base import Choice, Description, Examined, Form, Proposal, Source
from core.datasets.dividing import Examples, Finding, are, digest, divide
from core.datasets.files import File
from core.datasets.vocabulary import build_vocabulary, numbers, tokenise
from core.errors import UserError
from core.experiment import setting

SHORTEST, LONGEST = 4, 256  # tokens that a model may read
MEASURES = 2  # columns of numbers beside the class, with more of which it is likelier a table of features
LONG = 8  # words on the mean with which it is a table of texts all the same
LINES = 20  # of one text, with more of which a quotation mark may lack its end


class Sentences(Form):
    kind, title = "sentences", "texts with classes"

    def fits(self, path: Path, held: Sequence[File] | None) -> int:
        table = text_table.glance(path) if held is None else None
        if table is None:
            return 0
        measures = len(set(table.numbers) - {*table.classes[:1]})
        likely = table.prose and table.classes and (measures <= MEASURES or table.words(table.prose[0]) >= LONG)
        return 3 if likely else bool(table.prose or len(table.texts) > 1)

    def propose(self, path: Path) -> Proposal:
        table = text_table.load(path)
        text = next(iter(table.prose), table.names[0])
        label = next(iter(table.classes), next(name for name in reversed(table.names) if name != text))
        tokens = max((len(tokenise(cell)) for cell in table.column(text)[: text_table.SAMPLE]), default=0)
        length = min(LONGEST, max(SHORTEST, -(-tokens // 8) * 8))
        return Proposal(Source(path=path, kind=self.kind, text=text, label=label, length=length), (
            Choice("text", "The text is in the column", (text, *(name for name in table.names if name != text))),
            Choice("label", "The class is in the column", (label, *(name for name in table.names if name != label))),
        ))

    def examine(self, source: Source, progress: Progress) -> Examined:
        table, name = text_table.load(source.path), source.path.name
        if source.text == source.label:
            raise UserError(f"The column {source.text!r} can't be both the text and the class: take two columns.")
        texts, labels = table.column(source.text), table.column(source.label)
        tokens = []
        for i, text in enumerate(texts):
            progress(i, len(texts))
            tokens.append(tokenise(text))
        classes, targets = _classes(source.label, labels)
        usable = (targets >= 0) & np.array([bool(words) for words in tokens])
        if not usable.any():
            raise UserError(f"No row of {name} has both a text and a class: take other columns.")
        digests = np.array([digest(" ".join(words).encode()) for words in tokens])
        found = [Finding("form", table.said), *_odd(texts)]
        if lacking := int((~usable).sum()):
            found.append(Finding(
                "missing", f"{lacking:,} of the {len(texts):,} rows lack a text or a class, or have too few or too many "
                "cells.", "Leave out these rows", must=True))
        splits = base.splits(table, usable, found)
        examples = Examples(targets, digests, splits, usable, classes, "texts", found)
        divided = divide(examples, source.leave_out)
        lengths = np.array([len(tokens[i]) for place in divided.places.values() for i in place])
        findings = [*divided.findings, Finding(
            "length", f"The longest text has {lengths.max():,} words and signs, half of them {int(np.median(lengths)):,} or "
            "fewer" + (f"; of the {(lengths > source.length).sum():,} with more than {source.length} only the beginning is "
                       "read." if (lengths > source.length).any() else "."))]
        vocabulary = build_vocabulary((tokens[i] for i in divided.places["train"]), source.vocabulary_size)
        index = {token: i for i, token in enumerate(vocabulary)}
        parts = {split: Padded(
            torch.tensor([numbers(tokens[i], index, source.length) for i in place]),  # (n, length)
            torch.from_numpy(divided.targets[split]),
        ) for split, place in divided.places.items()}
        spec = DataSpec(kind="sentences", shape=(source.length,), classes=divided.classes, vocabulary=vocabulary,
                        vocabulary_size=len(vocabulary), sizes={split: len(part) for split, part in parts.items()})
        return Examined(source, Data(spec, **parts, source=str(source.path)), tuple(findings), base.summary(examples))

    def settings(self, given: Source) -> type[experiment.Settings]:
        class Settings(experiment.Settings):
            vocabulary_size: int = setting(
                given.vocabulary_size, "Words and signs that are known, the most frequent first; all others become one "
                "unknown word.", unit="tokens", ge=100, le=50_000)
            length: int = setting(given.length, "Longest text in tokens; a longer one is cut.", unit="tokens", ge=SHORTEST,
                                  le=LONGEST)

        return Settings

    def spec(self, described: Description, source: Source) -> DataSpec:
        """With the largest vocabulary that there can be."""
        return described.spec.model_copy(update={"shape": (source.length,), "vocabulary_size": source.vocabulary_size})

    def card(self, described: Description) -> tuple[str, str]:
        source = described.source
        return base.told(described, "texts", f"A table; the column {source.text!r} is the text, {source.label!r} the class; "
                         "the vocabulary is made from the training texts")


def _classes(column: str, labels: list[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """The classes in order and the number of each row's `(n,)`, -1 where it is missing."""
    labels = ["" if label.lower() in csv_table.MISSING else label for label in labels]
    classes = tuple(sorted({label for label in labels if label}))
    if len(classes) < 2:
        held = f"only the one value {classes[0]!r}" if classes else "nothing"
        raise UserError(f"The column {column!r} holds {held}: there must be two classes or more to tell apart.")
    if len(classes) > csv_table.MOST_KINDS or 3 * len(classes) > len(labels):
        raise UserError(f"The column {column!r} holds {len(classes):,} different values in {len(labels):,} rows: too many "
                        "to be classes. Take another column.")
    number = {name: i for i, name in enumerate(classes)}
    return classes, np.array([number.get(label, -1) for label in labels])


def _odd(texts: list[str]) -> list[Finding]:
    """What looks as if it had been read wrongly."""
    found = []
    if unknown := sum("�" in text for text in texts):
        found.append(Finding("odd", f"{are(unknown, 'texts')} with the sign �, which stands for what could not be read: "
                             "save the table in UTF-8."))
    lines = max((text.count("\n") + 1 for text in texts), default=0)
    if lines > LINES:
        found.append(Finding("lines", f"One text has {lines:,} lines: look whether a quotation mark lacks its end."))
    return found
