"""Masked language modelling: words of a sentence are hidden and guessed from those on both sides. Taylor 1953 tested readers
so; Devlin et al. 2019, "BERT", section 3.1 and appendix A.1, trained networks with it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from core.catalog import PADDING, UNKNOWN, DataSpec, task
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, setting
from core.tasks.base import Preview, SupervisedTask, chosen
from core.tasks.pictures import filled
from core.tasks.sentences import ReadsSentences

BATCH = 64  # sentences that are evaluated at once
SHOWN, LIKELIEST = 6, 5  # sentences of a preview, and guesses that it keeps for each gap
HIDDEN, REPLACED = 0.8, 0.1  # of the picked tokens; the rest stay as they are


class Gaps(NamedTuple):
    """Sentences with gaps. `inputs` int64 `(batch, length)`: what the model reads; `places` and `targets` int64
    `(batch, most)`: where tokens were picked, and which; `counts` bool `(batch, most)`: False where a sentence has fewer."""

    inputs: Tensor
    places: Tensor
    targets: Tensor
    counts: Tensor


@task(
    "masked_language_modelling",
    title="Masked language modelling",
    year=1953,
    people="Wilson Taylor",
    paper="“Cloze procedure”: a new tool for measuring readability",
    url="https://doi.org/10.1177/107769905303000401",
    beginner="Words are hidden, and have to be guessed from the words on both sides. Whoever fills such gaps well has "
    "learned which words go together and what they mean, from plain sentences alone.",
    expert="15 % of a sentence's known tokens are picked anew in each step, at least one; of these 80 % become the mask, "
    "10 % another token, 10 % stay. Cross-entropy over the picked places only. Measured over a whole split with gaps that "
    "are the same in every run; perplexity is the loss's exponential.",
)
class MaskedLanguageModelling(ReadsSentences, SupervisedTask):
    """Model: token numbers `(batch, length)` and places `(batch, n)` to logits `(batch, n, vocabulary)`; it has a `mask`."""

    class Settings(Settings):
        picked: float = setting(0.15, "Share of the words of each sentence that have to be guessed.", ge=0.01, le=0.5)

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.kind != "sentences" or spec.symbols:
            return "masked language modelling needs sentences of words."
        return None

    @classmethod
    def model_spec(cls, spec: DataSpec, settings: Settings) -> DataSpec:
        return spec.model_copy(update={"classes": ()})  # it is not asked for them

    def gaps(self, sentences: Tensor, draw: torch.Generator | None = None) -> Gaps:
        """Sentences `(batch, length)` with gaps at random, which padding has no part in; drawn by `draw`, on the CPU, or by
        the device's own random numbers."""
        batch, length = sentences.shape
        device = "cpu" if draw else self.device
        # Place by place, so that longer padding leaves the numbers of each place as they are.
        rank, fate, other = torch.rand(length, 3, batch, generator=draw, device=device).to(self.device).permute(1, 2, 0)
        known = sentences > UNKNOWN  # (batch, length)
        wanted = (known.sum(1) * self.settings.picked).round().clamp(1)  # (batch,)
        most = max(1, round(length * self.settings.picked))
        places = rank.masked_fill(~known, -1).topk(most, 1).indices  # (batch, most)
        counts = (torch.arange(most, device=self.device) < wanted[:, None]) & known.take_along_dim(places, 1)
        targets, fate, other = (of.take_along_dim(places, 1) for of in (sentences, fate, other))
        other = UNKNOWN + 1 + (other * (self.spec.vocabulary_size - UNKNOWN - 1)).long()
        put = torch.where(fate < HIDDEN, self.model.mask, torch.where(fate < HIDDEN + REPLACED, other, targets))
        inputs = sentences.scatter(1, places, torch.where(counts, put, targets))
        return Gaps(inputs, places, targets, counts)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        gaps = self.gaps(batch.inputs)
        nats, right, count = self._sums(gaps, self.model(gaps.inputs, gaps.places))
        return nats / count.clamp_min(1), {"accuracy": right / count.clamp_min(1)}

    def _sums(self, gaps: Gaps, logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of all gaps together: the loss in nats, how many were guessed, and how many there are."""
        nats = F.cross_entropy(logits.float().flatten(0, 1), gaps.targets.flatten(), reduction="none")
        right = (logits.detach().argmax(2) == gaps.targets) & gaps.counts
        return (nats * gaps.counts.flatten()).sum(), right.sum(), gaps.counts.sum()

    def evaluate(self, split: Split) -> dict[str, float]:
        sums = torch.zeros(3, dtype=torch.float64)
        with torch.no_grad():
            for number, batch in enumerate(split.batches(BATCH, self.device)):
                gaps = self.gaps(batch.inputs, torch.Generator().manual_seed(number))
                with self.autocast():
                    logits = self.model(gaps.inputs, gaps.places)
                sums += torch.stack([value.double() for value in self._sums(gaps, logits)]).cpu()
        loss, accuracy = (sums[:2] / sums[2].clamp_min(1)).tolist()
        return {"loss": loss, "perplexity": math.exp(min(loss, 700)), "accuracy": accuracy}

    @torch.no_grad()
    def fill(self, sentence: Tensor, places: list[int]) -> Tensor:
        """The chances of every token at each of `places` of a sentence int64 `(length,)`, all of them hidden at once:
        float32 `(places, vocabulary)` on the CPU."""
        at = torch.tensor([places], dtype=torch.int64, device=self.device)
        inputs = sentence[None].to(self.device).scatter(1, at, self.model.mask)
        with self.autocast():
            return self.model(inputs, at)[0].float().softmax(1).cpu()

    def previews(self, data: Data) -> Iterable[Preview]:
        yield self._preview("filling", data.validation)

    def report(self, data: Data) -> Iterable[Preview]:
        yield self._preview("test_filling", data.test)

    def _preview(self, name: str, split: Split) -> Preview:
        """Sentences with the gaps that evaluation would give them first, all of them hidden."""
        sentences = split.take(chosen(split, SHOWN), self.device).inputs
        gaps = self.gaps(sentences, torch.Generator().manual_seed(0))
        shown = []
        for sentence, places, counts in zip(sentences, gaps.places, gaps.counts, strict=True):
            at = sorted(places[counts].tolist())
            if not at:
                continue
            tokens = [self.spec.vocabulary[i] for i in sentence[sentence != PADDING].tolist()]
            best = self.fill(sentence, at).topk(LIKELIEST, 1)
            guesses = [[[self.spec.vocabulary[i], round(chance, 4)] for i, chance in zip(*of_gap, strict=True)]
                       for of_gap in zip(best.indices.tolist(), best.values.tolist(), strict=True)]
            shown.append({"tokens": tokens, "places": at, "guesses": guesses})
        return Preview(name, filled(shown), {"sentences": shown})
