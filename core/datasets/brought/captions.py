"""Pictures with captions: a folder or a zip of them, and in it a text file whose lines name one and say what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import torch

from core import experiment
from core.catalog import DataSpec
from core.datasets import captioned, class_folders, files
from core.datasets.base import Progress
from core.datasets.brought import base
from core.datasets.brought.base import Choice, Description, Examined, Form, Proposal, Source
from core.datasets.dividing import Examples, Finding, are, divide
from core.datasets.files import File, short
from core.experiment import setting

SIDE = (32, 96, 320)  # pixels: the least, the usual, the most
LENGTH = (5, 30, 60)  # pieces of a caption
VOCABULARY = (300, 3000, 30_000)  # pieces of words
MOST_CAPTIONS = 20  # of a picture


class CaptionedPictures(Form):
    kind, title = "captioned", "pictures with captions"

    def fits(self, path: Path, held: Sequence[File] | None) -> int:
        return 4 * bool(_tables(held or ()) and any(files.suffix(file) in class_folders.SUFFIXES for file in held or ()))

    def propose(self, path: Path) -> Proposal:
        low, usual, high = SIDE
        source = Source(path=path, kind=self.kind, side=usual, length=LENGTH[1], vocabulary_size=VOCABULARY[1])
        return Proposal(source, (
            Choice("side", "Side in pixels", low=low, high=high, help="Each picture is cut to the square in its middle and "
                   "brought to this side. A run may take another."),
        ))

    def examine(self, source: Source, progress: Progress) -> Examined:
        held, _ = files.listed(source.path)
        table = _tables(held)[0]
        with files.opened(source.path) as read:
            captions = captioned.parsed(short(table.place), files.decoded(short(table.place), read(table))[0])
        names, there = sorted(captions), captioned.named(held)
        class_folders.check_sizes(source.path, [there[name] for name in names if name in there], "picture")
        images, readable, digests = captioned.pictures(source.path, names, source.side, progress)
        count = sum(map(len, captions.values()))
        found = [Finding("form", f"{count:,} captions of {len(names):,} pictures, in {short(table.place)}.")]
        if lacking := [name for name, fine in zip(names, readable.tolist(), strict=True) if not fine]:
            found.append(Finding("lacking", f"{are(len(lacking), 'pictures')} missing or can't be read; the first is "
                                 f"{short(lacking[0])}.", "Leave out their captions", must=True))
        empty = [name for name in names if not captions[name]]
        if empty:
            found.append(Finding("wordless", f"{are(len(empty), 'pictures')} left out, having no word in any caption."))
        if long := [name for name in names if len(captions[name]) > MOST_CAPTIONS]:
            found.append(Finding("many", f"{are(len(long), 'pictures')} told in more than {MOST_CAPTIONS} captions: the "
                                 f"first {MOST_CAPTIONS} are taken."))
        usable = readable.numpy() & np.array([bool(captions[name]) for name in names])
        examples = Examples(np.zeros(len(names), int), digests.numpy(), np.full(len(names), -1), usable, (), "pictures",
                            found)
        divided = divide(examples, source.leave_out)
        texts = {name: [captions[names[i]] for i in place] for name, place in divided.places.items()}
        most = min(MOST_CAPTIONS, max(len(each) for part in texts.values() for each in part))
        spec = captioned.spec({name: len(part) for name, part in texts.items()}, source.side, most, source.vocabulary_size,
                              source.length)
        parts = {name: images[torch.from_numpy(place)] for name, place in divided.places.items()}
        return Examined(source, captioned.data(parts, texts, spec, str(source.path)), divided.findings,
                        base.summary(examples, [captions[name] for name in names]))

    def settings(self, given: Source) -> type[experiment.Settings]:
        class Settings(experiment.Settings):
            side: int = setting(given.side, "Side of the pictures; memory and time grow with its square.", unit="pixels",
                                ge=SIDE[0], le=SIDE[2])
            vocabulary_size: int = setting(given.vocabulary_size, "Pieces of words that are told apart.", unit="pieces",
                                           ge=VOCABULARY[0], le=VOCABULARY[2])
            length: int = setting(given.length, "Longest caption in pieces of words; a longer one is cut.", unit="pieces",
                                  ge=LENGTH[0], le=LENGTH[2])

        return Settings

    def spec(self, described: Description, source: Source) -> DataSpec:
        """With the largest vocabulary that there can be, and the statistics of the pictures as they were added."""
        spec = described.spec
        promised = captioned.spec(spec.sizes, source.side, spec.captions, source.vocabulary_size, source.length)
        return promised.model_copy(update={"mean": spec.mean, "std": spec.std})

    def card(self, described: Description) -> tuple[str, str]:
        side = described.source.side
        return (f"{sum(described.spec.sizes.values()):,} pictures with captions, brought by you.",
                f"Colour, cut to the square in the middle and brought to {side}×{side}. Captions in lower case without "
                "signs, in pieces of words (byte-pair encoding) found in the training captions. Divided by the pictures: a "
                "tenth of them is the test, a tenth the validation.")


def _tables(held: Sequence[File]) -> list[File]:
    """The text files that are called after captions, that which lies highest first."""
    found = [file for file in held if files.suffix(file) in (".txt", ".csv", ".tsv")
             and "caption" in PurePosixPath(file.place).name.lower()]
    return sorted(found, key=lambda file: (file.place.count("/"), file.place))
