"""Language modelling: at every place of a text, what comes next. Measured in nats (loss), in bits a character, and as
perplexity; drawn from, it writes."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from core.catalog import DataSpec, task
from core.datasets.base import Batch, Data, Split
from core.tasks.base import Preview, SupervisedTask, chosen
from core.tasks.decoding import drawn, shaped
from core.tasks.pictures import lines, passage

BATCH = 64  # windows that are evaluated at once
GIVEN, WRITTEN, READ = 24, 360, 600  # characters: that a preview begins with, that it adds, and that the report reads
RECALLED = 8  # sequences of symbols in a preview


@task(
    "language_modelling",
    title="Language modelling",
    year=1951,
    people="Claude Shannon",
    paper="Prediction and entropy of printed English",
    url="https://doi.org/10.1002/j.1538-7305.1951.tb01366.x",
    beginner="Guess the next character of a text, again and again. Whoever guesses well has learned spelling, words and "
    "style, and can go on with a text by guessing what is not there yet.",
    expert="Cross-entropy over all positions of a window. Bits per character are the loss over ln 2, perplexity is its "
    "exponential. Shannon's readers needed 0.6 to 1.3 bits for each of 27 letters of English after a hundred.",
)
class LanguageModelling(SupervisedTask):
    """Model: token numbers `(batch, length)` to logits `(batch, length, vocabulary)`, at each place for the next token."""

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        return None if spec.kind == "text" else "language modelling needs a running text."

    def model_input(self, batch: Batch) -> Tensor:
        return batch.inputs

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        logits = self.model(batch.inputs).float()  # (batch, length, vocabulary)
        loss = F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten())
        right = logits.detach().argmax(2) == batch.targets
        return loss, {"accuracy": right.sum() / (batch.targets >= 0).sum()}

    def evaluate(self, split: Split) -> dict[str, float]:
        nats = right = count = 0.0
        with torch.no_grad():
            for batch in split.batches(BATCH, self.device):
                with self.autocast():
                    logits = self.model(batch.inputs)
                nats += F.cross_entropy(logits.float().flatten(0, 1), batch.targets.flatten(), reduction="sum").item()
                right += (logits.argmax(2) == batch.targets).sum().item()
                count += (batch.targets >= 0).sum().item()  # what a window repeats does not count
        loss = nats / count
        return {"loss": loss, "perplexity": math.exp(min(loss, 700)), "bits_per_character": loss / math.log(2),
                "accuracy": right / count}

    def numbers(self, text: str) -> tuple[Tensor, str]:
        """The characters of a text that the model knows, int64 `(n,)` on the device, and those that it doesn't."""
        index = {character: number for number, character in enumerate(self.spec.vocabulary)}
        known = [index[character] for character in text if character in index]
        unknown = "".join(dict.fromkeys(character for character in text if character not in index))
        return torch.tensor(known, dtype=torch.int64, device=self.device), unknown

    def text(self, numbers: Tensor) -> list[str]:
        """The characters that numbers `(n,)` stand for."""
        return [self.spec.vocabulary[number] for number in numbers.tolist()]

    def following(self, numbers: Tensor) -> Tensor:
        """Logits float32 `(n, vocabulary)` of what comes after each character of a text `(n,)` of any length: each is
        given at least half a window of what stands before it, where there is as much."""
        (length,) = self.spec.shape
        parts = [self._logits(numbers[:length])]
        while (done := sum(map(len, parts))) < len(numbers):
            start = self.start_of(done + 1)
            parts.append(self._logits(numbers[start : start + length])[done - start :])
        return torch.cat(parts)

    def start_of(self, place: int) -> int:
        """Where the window begins that foretells the character at a place of a longer text."""
        (length,) = self.spec.shape
        half = max(1, length // 2)
        return half * math.ceil(max(0, place - length) / half)

    @torch.no_grad()
    def write(
        self, prompt: Tensor, uniforms: Tensor, temperature: float = 1.0, top_p: float = 1.0
    ) -> tuple[Tensor, Tensor]:
        """Goes on with a text of one character or more, int64 `(n,)`: a character for each of `uniforms` `(count,)`, random
        numbers in 0..1, so that another model writes by the same luck.

        Returns: the characters added, int64 `(count,)`, and the chance that each was drawn with, float32 `(count,)`.
        """
        (length,), numbers, given = self.spec.shape, prompt.tolist(), []
        for luck in uniforms.tolist():
            window = torch.tensor(numbers[-length:], device=self.device)
            chances = shaped(self._logits(window)[-1], temperature, top_p)  # (vocabulary,)
            picked = drawn(chances, luck)
            numbers.append(picked)
            given.append(float(chances[picked]))
        return torch.tensor(numbers[len(prompt) :], dtype=torch.int64), torch.tensor(given)

    @torch.no_grad()
    def _logits(self, numbers: Tensor) -> Tensor:
        """Float32 `(n, vocabulary)` on the CPU, for a window or less."""
        with self.autocast():
            return self.model(numbers[None])[0].float().cpu()

    @torch.no_grad()
    def recalled(self, given: Tensor, count: int) -> Tensor:
        """The chances float32 `(n, count, vocabulary)` of each of the `count` symbols that follow sequences int64
        `(n, length)`; each time the model reads on with the likeliest."""
        chances = []
        for _ in range(count):
            with self.autocast():
                logits = self.model(given)[:, -1].float()  # (n, vocabulary)
            chances.append(logits.softmax(1).cpu())
            given = torch.cat([given, logits.argmax(1, keepdim=True)], 1)
        return torch.stack(chances, 1)

    def previews(self, data: Data) -> Iterable[Preview]:
        if self.spec.symbols:
            yield self._recall("recall", data.validation)
            return
        prompt = data.validation.inputs[0, :GIVEN]
        luck = torch.rand(WRITTEN, generator=torch.Generator().manual_seed(0))
        written, chances = self.write(prompt, luck)
        yield shown("writing", [*self.text(prompt), *self.text(written)], [None] * len(prompt) + chances.tolist())

    def report(self, data: Data) -> Iterable[Preview]:
        """The test text as it surprises the model; of drawn symbols, what it recalls."""
        if self.spec.symbols:
            yield self._recall("test_recall", data.test)
            return
        targets = data.test.targets.flatten()
        read = targets[targets >= 0][:READ].to(self.device)
        yield shown("test_surprise", self.text(read), [None, *self.chances(read).tolist()])

    def _recall(self, name: str, split: Split) -> Preview:
        """What comes back of some sequences, below what was asked for."""
        inputs, targets = split.take(chosen(split, RECALLED), self.device)
        count = int((targets[0] >= 0).sum())
        chances = self.recalled(inputs[:, : inputs.shape[1] - count + 1], count)  # up to the sign that asks for them
        rows = [{"asked": "".join(self.text(asked)), "recalled": "".join(self.text(back))}
                for asked, back in zip(targets[:, -count:], chances.argmax(2), strict=True)]
        return Preview(name, lines([(row["asked"], row["recalled"]) for row in rows], columns=2 * count), {"rows": rows})

    def chances(self, numbers: Tensor) -> Tensor:
        """The chance that the model gives each character of a text `(n,)` but the first, float32 `(n - 1,)`."""
        return self.following(numbers)[:-1].softmax(1).gather(1, numbers[1:, None].cpu()).squeeze(1)


def shown(name: str, characters: list[str], chances: list[float | None]) -> Preview:
    """A text on grounds that are darker the less each character was expected; None where nothing was."""
    bits = [None if chance is None else round(-math.log2(max(chance, 1e-12)), 2) for chance in chances]
    return Preview(name, passage(characters, bits), {"characters": characters, "bits": bits})
