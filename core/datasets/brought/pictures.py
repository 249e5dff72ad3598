"""Pictures in class folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core import experiment
from core.catalog import DataSpec
from core.datasets import class_folders, files
from core.datasets.base import Data, Progress, pixel_statistics
from core.datasets.brought import base
from core.datasets.brought.base import Choice, Description, Examined, Form, Proposal, Source
from core.datasets.dividing import divide
from core.datasets.files import File
from core.experiment import setting

LEAST_SIDE, MOST_SIDE = 8, 512


class Pictures(Form):
    kind, title = "images", "pictures in class folders"

    def fits(self, path: Path, held: Sequence[File] | None) -> int:
        return 2 * any(files.suffix(file) in class_folders.SUFFIXES for file in held or ())

    def propose(self, path: Path) -> Proposal:
        side, grey = class_folders.form(path, class_folders.listing(path))
        return Proposal(Source(path=path, kind=self.kind, side=side, grey=grey), (
            Choice("side", "Side in pixels", low=LEAST_SIDE, high=MOST_SIDE, help="Each picture is cut to the square in its "
                   "middle and brought to this side. A run may take another."),
            Choice("grey", "Without colour"),
        ))

    def examine(self, source: Source, progress: Progress) -> Examined:
        examples, inputs = class_folders.examples(source.path, source.side, source.grey, progress)
        found = divide(examples, source.leave_out)
        splits = base.taken(found, inputs)
        mean, std = pixel_statistics(splits["train"].inputs)
        spec = DataSpec(
            kind="images", shape=tuple(inputs.shape[1:]), sizes={name: len(split) for name, split in splits.items()},
            classes=found.classes, mean=mean, std=tuple(value or 1.0 for value in std),  # one colour alone can't be scaled
        )
        return Examined(source, Data(spec, **splits, source=str(source.path)), found.findings, base.summary(examples, ()))

    def settings(self, given: Source) -> type[experiment.Settings]:
        class Settings(experiment.Settings):
            side: int = setting(given.side, "Side of the pictures; memory and time grow with its square.", unit="pixels",
                                ge=LEAST_SIDE, le=MOST_SIDE)
            grey: bool = setting(given.grey, "Without colour: one channel instead of three.")

        return Settings

    def spec(self, described: Description, source: Source) -> DataSpec:
        """The statistics are those of the pictures as they were added, until they are read anew."""
        spec, channels = described.spec, 1 if source.grey else 3
        changed: dict[str, Any] = {"shape": (channels, source.side, source.side)}
        if channels != len(spec.mean):
            changed |= {name: (sum(values) / len(values),) * channels
                        for name, values in (("mean", spec.mean), ("std", spec.std))}
        return spec.model_copy(update=changed)

    def card(self, described: Description) -> tuple[str, str]:
        source = described.source
        form = f"{'Grey' if source.grey else 'Colour'}, cut to the square in the middle and brought to"
        return base.told(described, "pictures", f"{form} {source.side}×{source.side}")
