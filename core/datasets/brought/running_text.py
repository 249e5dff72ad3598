"""A text, for models that go on writing it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from core import experiment
from core.catalog import DataSpec
from core.datasets import characters, csv_table
from core.datasets.base import Progress
from core.datasets.brought.base import Description, Examined, Form, Proposal, Source
from core.datasets.dividing import Finding
from core.datasets.files import File
from core.experiment import setting


class RunningText(Form):
    kind, title = "text", "a running text"

    def fits(self, path: Path, held: Sequence[File] | None) -> int:
        if held is not None or path.suffix.lower() != ".txt":
            return 0
        return 1 if csv_table.is_table(path) else 3

    def propose(self, path: Path) -> Proposal:
        return Proposal(Source(path=path, kind=self.kind))

    def examine(self, source: Source, progress: Progress) -> Examined:
        text, encoding = characters.read(source.path)
        characters.check(source.path.name, text)
        said = Finding("form", f"{len(text):,} characters in {encoding}, {len(set(text)):,} different ones.")
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return Examined(source, characters.data(text, source.length, str(source.path)), (said,), digest, len(text))

    def settings(self, given: Source) -> type[experiment.Settings]:
        class Settings(experiment.Settings):
            length: int = setting(given.length, characters.HOW_LONG, unit="characters", ge=8, le=1024)

        return Settings

    def spec(self, described: Description, source: Source) -> DataSpec:
        return characters.spec(described.characters, source.length, described.spec.vocabulary_size)

    def card(self, described: Description) -> tuple[str, str]:
        return (f"A text of {described.characters:,} characters, brought by you.",
                f"{described.spec.vocabulary_size:,} different characters. {characters.DIVIDED}")
