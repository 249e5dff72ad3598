"""Passages, questions about them and answers that stand in them, in SQuAD's JSON format (Rajpurkar et al. 2016)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core import experiment
from core.catalog import NOWHERE, DataSpec
from core.datasets import questions
from core.datasets.base import Progress
from core.datasets.brought import base
from core.datasets.brought.base import Choice, Description, Examined, Form, Proposal, Source
from core.datasets.dividing import Examples, Finding, are, digest, divide
from core.datasets.files import File
from core.datasets.questions import Question
from core.errors import UserError
from core.experiment import setting

LENGTH = (32, 384, 512)  # pieces of a question and its passage: the fewest, the usual, the most
MOST_BYTES = 500_000_000


class Passages(Form):
    kind, title = "questions", "questions about passages"

    def fits(self, path: Path, held: Sequence[File] | None) -> int:
        return 3 * (held is None and path.suffix.lower() == ".json")

    def propose(self, path: Path) -> Proposal:
        low, usual, high = LENGTH
        return Proposal(Source(path=path, kind=self.kind, length=usual),
                        (Choice("length", "Pieces of words read", low=low, high=high,
                                help="Of a question and its passage together: what is longer is cut."),))

    def examine(self, source: Source, progress: Progress) -> Examined:
        size = source.path.stat().st_size
        if size > MOST_BYTES:
            raise UserError(f"{source.path.name} has {size / 1e6:,.0f} MB: at most {MOST_BYTES / 1e6:.0f} MB can be read.")
        about: dict[str, list[Question]] = defaultdict(list)
        unanswered = 0
        for article in questions.articles(source.path.read_bytes()):
            for one in article:
                if one.answers:
                    about[one.passage].append(one)
                else:
                    unanswered += 1
        asked = sum(map(len, about.values()))
        found = [Finding("form", f"{asked:,} questions about {len(about):,} passages, in SQuAD's format.")]
        if unanswered:
            found.append(Finding("unanswered", f"{are(unanswered, 'questions')} without an answer in the passage, which no "
                                 "model here can say.", "Leave out these questions", must=True))
        passages = list(about)
        count = len(passages)
        digests = np.array([digest(passage.encode()) for passage in passages], np.int64)
        examples = Examples(np.zeros(count, int), digests, np.full(count, -1), np.ones(count, bool), (), "passages", found)
        divided = divide(examples, source.leave_out)
        parts = {name: [one for i in place for one in about[passages[i]]] for name, place in divided.places.items()}
        answers = max(len(one.answers) for part in parts.values() for one in part)
        spec = questions.spec({name: len(part) for name, part in parts.items()}, source.vocabulary_size, source.length,
                              answers)
        data = questions.data(parts, spec, str(source.path))
        summary = base.summary(examples, list(map(tuple, about.values())))
        cut = sum(int((part.targets[:, :, 0] == NOWHERE).all(1).sum()) for part in (data.train, data.validation, data.test))
        more = [Finding("cut", f"{are(cut, 'answers')} behind the {source.length} pieces that are read, and can't be found: "
                        "let more be read.")] if cut else []
        return Examined(source, data, (*divided.findings, *more), summary)

    def settings(self, given: Source) -> type[experiment.Settings]:
        low, _, high = LENGTH

        class Settings(experiment.Settings):
            vocabulary_size: int = setting(given.vocabulary_size, "Pieces of words that are told apart.", unit="pieces",
                                           ge=500, le=50_000)
            length: int = setting(given.length, "Longest question and passage together, in pieces; what is longer is cut.",
                                  unit="pieces", ge=low, le=high)

        return Settings

    def spec(self, described: Description, source: Source) -> DataSpec:
        """With the largest vocabulary that there can be."""
        spec = described.spec
        return questions.spec(spec.sizes, source.vocabulary_size, source.length, spec.target_length)

    def card(self, described: Description) -> tuple[str, str]:
        return (f"{sum(described.spec.sizes.values()):,} questions about passages that hold the answers, brought by you.",
                "Pieces of words (byte-pair encoding over bytes) are found in the training passages and questions. Divided "
                "by the passages: a tenth of them is the test, a tenth the validation.")
