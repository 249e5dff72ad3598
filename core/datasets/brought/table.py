"""A table with a column that holds the class; the others are features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from core.catalog import DataSpec
from core.datasets import csv_table
from core.datasets.base import Data, Progress, feature_statistics
from core.datasets.brought import base
from core.datasets.brought.base import Choice, Description, Examined, Form, Proposal, Source
from core.datasets.dividing import divide
from core.datasets.files import File


class Table(Form):
    kind, title = "features", "a table of features"

    def fits(self, path: Path, held: Sequence[File] | None) -> int:
        if held is not None or path.suffix.lower() not in csv_table.SUFFIXES:
            return 0
        return 2 * (path.suffix.lower() != ".txt" or csv_table.is_table(path))

    def propose(self, path: Path) -> Proposal:
        table = csv_table.read(path)
        names = [table.guess, *(column.name for column in table.columns if column.name != table.guess)]
        return Proposal(Source(path=path, kind=self.kind, label=table.guess),
                        (Choice("label", "The class is in the column", options=tuple(names)),))

    def examine(self, source: Source, progress: Progress) -> Examined:
        table = csv_table.read(source.path, progress)
        examples, rows, features = csv_table.examples(source.path, table, source.label, source.leave_out)
        found = divide(examples, source.leave_out)
        splits = base.taken(found, torch.from_numpy(rows))
        mean, std = feature_statistics(splits["train"].inputs)
        spec = DataSpec(
            kind="features", shape=(rows.shape[1],), sizes={name: len(split) for name, split in splits.items()},
            classes=found.classes, mean=mean, std=std, features=features,
        )
        digest = base.summary(examples, features)
        return Examined(source, Data(spec, **splits, source=str(source.path)), found.findings, digest)

    def card(self, described: Description) -> tuple[str, str]:
        return base.told(described, f"rows of {described.spec.shape[0]} features", "A table; the column "
                         f"{described.source.label!r} is the class; columns of words became columns of 0 and 1")
