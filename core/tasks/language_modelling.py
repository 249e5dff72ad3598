"""Language modelling: at every place of a text, what comes next. Measured in nats (loss), in bits a character, and as
perplexity; drawn from, it writes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from core.architectures.recurrent import Recurrent
from core.catalog import DataSpec, task
from core.datasets import subwords
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, Training, setting
from core.tasks.base import Preview, SupervisedTask, chosen
from core.tasks.decoding import drawn, shaped
from core.tasks.pictures import lines, passage

BATCH = 64  # windows that are evaluated at once
# Share of the carried states that are emptied before a window: a model that hardly ever met an empty state may go astray for
# good when it begins another text with one (Melis, Dyer and Blunsom 2018, "On the state of the art of evaluation in neural
# language models").
EMPTIED = 0.01
GIVEN, WRITTEN, READ = 24, 360, 600  # tokens: that a preview begins with, that it adds, and that the report reads
RECALLED = 8  # sequences of symbols in a preview


@task(
    "language_modelling",
    title="Language modelling",
    year=1951,
    people="Claude Shannon",
    paper="Prediction and entropy of printed English",
    url="https://doi.org/10.1002/j.1538-7305.1951.tb01366.x",
    beginner="Guess what comes next in a text, again and again. Whoever guesses well has learned spelling, words and "
    "style, and can go on with a text by guessing what is not there yet.",
    expert="Cross-entropy over all positions of a window; perplexity is its exponential. Bits per character are all losses "
    "over ln 2 and over the characters that the tokens stand for. Shannon's readers needed 0.6 to 1.3 bits for each of 27 "
    "letters of English after a hundred.",
)
class LanguageModelling(SupervisedTask):
    """Model: token numbers `(batch, length)` to logits `(batch, length, vocabulary)`, at each place for the next token.

    With a carried state it is trained by truncated backpropagation through time (Williams and Peng 1990; Mikolov et al.
    2010): a window goes on with the state that the one before it left, but no gradient reaches back into that.
    """

    carried: Sequence[Tensor] = ()  # the state that each layer is left in, detached; none at the beginning of a text
    taken = 0  # windows of this epoch that are done

    class Settings(Settings):
        carry_state: bool = setting(
            False, "The state goes on from window to window, in the text's order, so that a recurrent network can remember "
            "over more than a window; else each window begins with an empty state.")

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        return None if spec.kind == "text" else "language modelling needs a running text."

    @classmethod
    def refusal(cls, settings: Settings, training: Training, spec: DataSpec, architecture: type) -> str | None:
        if settings.carry_state and not issubclass(architecture, Recurrent):
            return f"{architecture.card.title} has no state that could be carried: turn objective.carry_state off."
        if settings.carry_state and spec.symbols:
            return "Each of these sequences stands alone: turn objective.carry_state off."
        if settings.carry_state and training.accumulate > 1:
            return "A carried state belongs to a whole batch: set training.accumulate to 1 and take smaller batches."
        return None

    def reads(self, train: Split) -> Split:
        if not self.settings.carry_state:
            return train
        streams = train.streams(self.training.batch_size)
        self.windows = streams.windows
        return streams

    def step(self, batch: Batch) -> dict[str, Tensor]:
        if self.settings.carry_state:
            if self.taken == self.windows:
                self.taken, self.carried = 0, ()
            kept = (torch.rand(len(batch.inputs)) >= EMPTIED).to(self.device)
            self.carried = [state * kept[:, None] for state in self.carried]  # (parts, batch, width)
            self.taken += 1
        return super().step(batch)

    def state_dict(self) -> dict:
        return super().state_dict() | {"carried": list(self.carried), "taken": self.taken}

    def load_state_dict(self, state: dict) -> None:
        super().load_state_dict(state)
        self.carried = [part.to(self.device) for part in state.get("carried", ())]  # older runs have none
        self.taken = state.get("taken", 0)

    def model_input(self, batch: Batch) -> Tensor:
        return batch.inputs

    def _read(self, tokens: Tensor, before: Sequence[Tensor]) -> tuple[Tensor, Sequence[Tensor]]:
        """Logits float32 `(batch, length, vocabulary)`, and the detached states after them, where states are carried."""
        if not self.settings.carry_state:
            return self.model(tokens).float(), ()
        logits, after = self.model(tokens, before)
        return logits.float(), [state.detach() for state in after]

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        logits, self.carried = self._read(batch.inputs, self.carried)  # (batch, length, vocabulary)
        loss = F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten())
        right = logits.detach().argmax(2) == batch.targets
        return loss, {"accuracy": right.sum() / (batch.targets >= 0).sum()}

    def evaluate(self, split: Split) -> dict[str, float]:
        nats = right = count = characters = 0.0
        state: Sequence[Tensor] = ()
        with torch.no_grad():
            for inputs, targets in split.batches(BATCH, self.device):
                if self.settings.carry_state:  # windows one after the other are the text again
                    inputs, targets = (side[targets >= 0][None] for side in (inputs, targets))  # (1, places)
                with self.autocast():
                    logits, state = self._read(inputs, state)
                nats += F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum").item()
                right += (logits.argmax(2) == targets).sum().item()
                real = targets[targets >= 0]  # what a window repeats does not count
                count, characters = count + len(real), characters + self.letters(real).sum().item()
        loss = nats / count
        return {"loss": loss, "perplexity": math.exp(min(loss, 700)), "accuracy": right / count,
                "bits_per_character": nats / characters / math.log(2)}

    def numbers(self, text: str) -> tuple[Tensor, str]:
        """The characters of a text that the model knows, or its pieces, int64 `(n,)` on the device, and the characters that
        it doesn't."""
        if self.spec.tokeniser:
            pieces, _ = subwords.cut(text, self.spec.tokeniser)
            return torch.tensor(pieces, dtype=torch.int64, device=self.device), ""
        index = {character: number for number, character in enumerate(self.spec.vocabulary)}
        known = [index[character] for character in text if character in index]
        unknown = "".join(dict.fromkeys(character for character in text if character not in index))
        return torch.tensor(known, dtype=torch.int64, device=self.device), unknown

    def text(self, numbers: Tensor) -> list[str]:
        """The characters or pieces that numbers `(n,)` stand for."""
        return subwords.running([self.spec.vocabulary[number] for number in numbers.tolist()], self.spec)

    def letters(self, numbers: Tensor) -> Tensor:
        """How many characters each of `numbers` `(n,)` stands for, int64 `(n,)`."""
        if not self.spec.tokeniser:
            return torch.ones_like(numbers)
        return torch.tensor(subwords.characters(self.spec.tokeniser), device=numbers.device)[numbers]

    def following(self, numbers: Tensor) -> Tensor:
        """Logits float32 `(n, vocabulary)` of what comes after each character of a text `(n,)` of any length: each is
        given at least half a window of what stands before it, where there is as much, and all of it by a carried state."""
        (length,) = (len(numbers),) if self.settings.carry_state else self.spec.shape
        parts = [self._logits(numbers[:length])]
        while (done := sum(map(len, parts))) < len(numbers):
            start = self.start_of(done + 1)
            parts.append(self._logits(numbers[start : start + length])[done - start :])
        return torch.cat(parts)

    def start_of(self, place: int, written: bool = False) -> int:
        """Where the window begins that foretells the character at a place of a longer text, or at which the model
        writes it itself."""
        if self.settings.carry_state:
            return 0
        (length,) = self.spec.shape
        if written:
            return max(0, place - length)
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
        unread, state = numbers[:], ()
        for luck in uniforms.tolist():
            window = torch.tensor(unread if self.settings.carry_state else numbers[-length:], device=self.device)
            with self.autocast():
                logits, state = self._read(window[None], state)
            chances = shaped(logits[0, -1].cpu(), temperature, top_p)  # (vocabulary,)
            picked = drawn(chances, luck)
            unread = [picked]
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
    letters = [(letter, cost) for piece, cost in zip(characters, bits, strict=True) for letter in piece]
    return Preview(name, passage(*map(list, zip(*letters, strict=True))), {"characters": characters, "bits": bits})
