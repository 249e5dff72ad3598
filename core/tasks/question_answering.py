"""Question answering by span: Rajpurkar et al. 2016, "SQuAD: 100,000+ questions for machine comprehension of text"; the loss
and the search are those of Devlin et al. 2019, section 4.2, over the passage only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from core.architectures.base import PASSAGE, segments
from core.catalog import END, NOWHERE, PADDING, DataSpec, task
from core.datasets import subwords
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, setting
from core.tasks import squad
from core.tasks.base import Preview, SupervisedTask, chosen
from core.tasks.pictures import MOST_BITS, passage

BATCH = 64  # questions that are answered at once
SHOWN = 3  # questions of a preview


class Spans(NamedTuple):
    """The likeliest answers, the best first: `places` int64 `(batch, count, 2)`, the first and last token of each, and
    `chances` float32 `(batch, count)`, that of its start times that of its end."""

    places: Tensor
    chances: Tensor


@task(
    "question_answering",
    title="Question answering",
    year=2016,
    people="Pranav Rajpurkar, Jian Zhang, Konstantin Lopyrev, Percy Liang",
    paper="SQuAD: 100,000+ questions for machine comprehension of text",
    url="https://arxiv.org/abs/1606.05250",
    beginner="Read a passage and a question, and put your finger on the words of the passage that answer it.",
    expert="Each token of the passage gets a score as the answer's first and one as its last; the loss is the mean of both "
    "cross-entropies. The answer is the span with the largest sum that ends where it begins or later. Exact match and F1 "
    "are those of SQuAD's script: no capitals, signs and articles, and the best of several right answers counts.",
)
class QuestionAnswering(SupervisedTask):
    """Model: tokens of question and passage `(batch, length)` to logits `(batch, length, 2)` of start and end."""

    measure, more_is_better = "validation/f1", True

    class Settings(Settings):
        longest: int = setting(30, "Longest answer that is looked for.", unit="tokens", ge=1, le=256)

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        return None if spec.kind == "questions" else "question answering needs questions about passages."

    def model_input(self, batch: Batch) -> Tensor:
        return batch.inputs

    def logs(self, tokens: Tensor) -> Tensor:
        """Log chances float32 `(batch, length, 2)` that the answer starts and ends at each token of the passage."""
        logits = self.model(tokens).float()
        return logits.masked_fill((segments(tokens) != PASSAGE).unsqueeze(2), -torch.inf).log_softmax(1)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        return _loss(self.logs(batch.inputs), batch.targets), {}

    def evaluate(self, split: Split) -> dict[str, float]:
        sums = {"loss": 0.0, "exact_match": 0.0, "f1": 0.0}
        for batch in split.batches(BATCH, self.device):
            with torch.no_grad(), self.autocast():
                logs = self.logs(batch.inputs)
            sums["loss"] += _loss(logs, batch.targets).item() * len(batch.inputs)
            spans = best(logs, self.settings.longest, 1).places[:, 0]
            for row, span, targets in zip(batch.inputs.cpu(), spans.cpu(), batch.targets.cpu(), strict=True):
                if answers := self.answers(row, targets):
                    said = self.text(row, span)
                    sums["exact_match"] += squad.exact_match(said, answers)
                    sums["f1"] += squad.f1(said, answers)
        return {name: value / len(split) for name, value in sums.items()}

    def text(self, row: Tensor, span: Tensor) -> str:
        """What a span `(2,)` of a row `(length,)` says, as it stands in the passage."""
        first, last = span.tolist()
        return subwords.text(row[first : last + 1].tolist(), self.spec)

    def answers(self, row: Tensor, targets: Tensor) -> list[str]:
        """The right answers of a row `(length,)`, whose places are `targets` `(answers, 2)`."""
        return [self.text(row, span) for span in targets if span[0] != NOWHERE]

    def previews(self, data: Data) -> Iterable[Preview]:
        yield self._preview("questions", data.validation)

    def report(self, data: Data) -> Iterable[Preview]:
        yield self._preview("test_questions", data.test)

    def _preview(self, name: str, split: Split) -> Preview:
        """Some questions, their passages on grounds as dark as it is likely that the answer begins or ends there, and what
        is answered."""
        characters, bits, told = [], [], []
        def write(text: str, share: float | None) -> None:
            characters.extend(text)
            bits.extend([None if share is None else round(MOST_BITS * share, 2)] * len(text))

        batch = split.take(chosen(split, SHOWN), self.device)
        with torch.no_grad(), self.autocast():
            logs = self.logs(batch.inputs)
        spans = best(logs, self.settings.longest, 1)
        for i, row in enumerate(batch.inputs.cpu()):
            answers, said = self.answers(row, batch.targets[i].cpu()), self.text(row, spans.places[i, 0].cpu())
            right = bool(answers) and squad.exact_match(said, answers)
            question, read = halves(row)
            asked = subwords.text(question.tolist(), self.spec)
            write(f"{asked}\n\n", None)
            shares = logs[i].exp().amax(1).cpu()[len(question) + 1 :]  # (passage,)
            for piece, share in zip(pieces(read, self.spec), shares.tolist(), strict=False):
                write(piece, share)
            verdict = "right" if right else f"wrong: {answers[0] if answers else 'behind the cut'}"
            write(f"\n\n> {said} ({verdict})" + "\n\n\n" * (i < len(batch.inputs) - 1), None)
            told.append({"question": asked, "said": said, "answers": answers, "right": right,
                         "chance": round(spans.chances[i, 0].item(), 4)})
        return Preview(name, passage(characters, bits), {"questions": told})


def best(logs: Tensor, longest: int, count: int) -> Spans:
    """The `count` likeliest spans of at most `longest` tokens, of log chances `(batch, length, 2)`; fewer where there are no
    more tokens."""
    length = logs.shape[1]
    sums = logs[:, :, None, 0] + logs[:, None, :, 1]  # (batch, start, end)
    allowed = torch.ones(length, length, dtype=torch.bool, device=logs.device).triu().tril(longest - 1)
    top = sums.masked_fill(~allowed, -torch.inf).flatten(1).topk(min(count, length))
    places = torch.stack([top.indices // length, top.indices % length], 2)  # (batch, count, 2)
    return Spans(places, top.values.exp())


def halves(row: Tensor) -> tuple[Tensor, Tensor]:
    """The tokens of question and passage of a row `(length,)`: the first with its start sign, the second without padding."""
    end = int((row == END).nonzero()[0])
    return row[:end], row[end + 1 :][row[end + 1 :] != PADDING]


def pieces(tokens: Tensor, spec: DataSpec) -> list[str]:
    """The text of each of a passage's tokens, which together are the passage: with spaces where it has some."""
    shown = [spec.vocabulary[token] for token in tokens.tolist()]
    spaced = [piece.replace(subwords.SPACE, " ", 1) if spec.tokeniser else f" {piece}" for piece in shown]
    return [spaced[0].lstrip(" "), *spaced[1:]]


def _loss(logs: Tensor, targets: Tensor) -> Tensor:
    """Mean over start and end of the first right answers in `targets` `(batch, answers, 2)`; one that isn't there is left
    out."""
    first = targets[:, 0]  # (batch, 2)
    return F.nll_loss(logs, first, ignore_index=NOWHERE, reduction="sum") / (first != NOWHERE).sum().clamp_min(1)
