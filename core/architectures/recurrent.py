"""What the recurrent networks share: token embeddings, layers that read in one direction or both (Schuster and Paliwal 1997,
"Bidirectional recurrent neural networks"), and what the answer is read off. Each kind of cell is in a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from core.architectures.base import Architecture, epochs_for
from core.catalog import PADDING, DataSpec
from core.experiment import Settings, setting


class Cell(nn.Module):
    """One layer that reads a sequence step by step. A subclass also inherits from torch's module of that kind, made with
    `batch_first`, and writes `steps`."""

    def go_on(self, inputs: Tensor, before: Tensor | None) -> tuple[Tensor, Tensor]:
        """Reads `inputs` `(batch, length, numbers)` on from the state `before` `(parts, batch, width)`, an empty one where
        that is None. Gives the states `(batch, length, width)`, and the last one as `before` is."""
        return self(inputs, None if before is None else before.to(inputs.dtype))

    def steps(self, inputs: Tensor) -> dict[str, Tensor]:
        """All that goes on inside while `inputs` `(length, numbers)` are read: `state`, gates and cells by name, each
        `(length, width)`. The same numbers as the fused kernel's, in plain sight; gradients pass."""
        raise NotImplementedError

    @torch.no_grad()
    def orthogonal(self) -> None:
        """Recurrent weights orthogonal in each gate (Saxe, McClelland and Ganguli 2014), so that at first what is in the
        state neither bursts nor dies out; no bias."""
        for gate in self.weight_hh_l0.split(self.hidden_size):
            nn.init.orthogonal_(gate)
        for bias in (self.bias_ih_l0, self.bias_hh_l0):
            nn.init.zeros_(bias)


class LSTMCell(nn.LSTM, Cell):
    """Hochreiter and Schmidhuber 1997, with a forget gate: the networks that read words and those that hear have it."""

    def go_on(self, inputs: Tensor, before: Tensor | None) -> tuple[Tensor, Tensor]:
        states, after = self(inputs, None if before is None else before.to(inputs.dtype).split(1))
        return states, torch.cat(after)  # (2, batch, width): what is read out, and the cells

    def steps(self, inputs: Tensor) -> dict[str, Tensor]:
        state = memory = inputs.new_zeros(self.hidden_size)
        seen: dict[str, list[Tensor]] = {}
        for sums in inputs @ self.weight_ih_l0.T + self.bias_ih_l0 + self.bias_hh_l0:  # (4 × width,)
            let_in, keep, candidate, let_out = (sums + self.weight_hh_l0 @ state).chunk(4)
            let_in, keep, let_out = let_in.sigmoid(), keep.sigmoid(), let_out.sigmoid()
            memory = keep * memory + let_in * candidate.tanh()
            state = let_out * memory.tanh()
            now = {"input gate": let_in, "forget gate": keep, "candidate": candidate.tanh(), "cell": memory,
                   "output gate": let_out, "state": state}
            for name, values in now.items():
                seen.setdefault(name, []).append(values)
        return {name: torch.stack(values) for name, values in seen.items()}


SPAN = setting(
    0, "Steps that the cells are prepared to remember over at the start, up to so many; 0 takes the whole length for drawn "
    "sequences, and a few steps for words.", unit="steps", ge=0, le=10_000,
)


def kept(width: int, span: int) -> Tensor:
    """Biases `(width,)` of the gates that keep what is held, so that each does so for 1 to `span` steps (Tallec and Ollivier
    2018, "Can recurrent neural networks warp time?", section 3); without a span, 1."""
    return torch.empty(width).uniform_(1, max(2, span - 1)).log() if span else torch.ones(width)


class Recurrent(Architecture):
    """Input token numbers int64 `(batch, length)`. Of sentences, where 0 is padding at the end and at least one other is in
    each row: output logits `(batch, classes)`. Of a running text, which has no padding: `(batch, length, vocabulary)`, at
    each place for the token that comes next. Of questions with their passages: `(batch, length, 2)`, for the answer's start
    and end. Or series, float32 `(batch, length, numbers)`: output `(batch, 1)`. A subclass writes `cell`."""

    takes = ("sentences", "text", "questions", "series")

    class Settings(Settings):
        embedding: int = setting(100, "Numbers that stand for one token.", unit="numbers", ge=1, le=1024)
        width: int = setting(128, "Numbers in the state of each layer and direction.", unit="numbers", ge=1, le=2048)
        depth: int = setting(1, "Layers; each reads the states of the one below.", unit="layers", ge=1, le=8)
        bidirectional: bool = setting(
            False, "Each layer reads the sentence twice, from the beginning and from the end, so that every state knows "
            "both sides. Who is to say what comes next in a text may not read ahead, and who answers questions always reads "
            "both ways: there it changes nothing."
        )
        read_off: Literal["auto", "last", "mean", "max"] = setting(
            "auto", "What the answer is made of: the last state, which must have kept all that matters; or the mean, or the "
            "largest of each number, over all states. auto takes the last for drawn sequences, the largest for words."
        )
        dropout: float = setting(0.5, "Share of numbers silenced at random in each training step; none where the answer "
                                 "is a number, which they would shift.", ge=0, lt=1)

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        batch_size = given.get("batch_size", 64)
        steps = 2000 if spec.kind == "text" and spec.symbols else 1060  # ten symbols at once take longer than one
        return {
            "epochs": epochs_for(steps, spec, batch_size), "optimiser": "adamw", "weight_decay": 0.01,
            "learning_rate": 2e-3 if spec.kind == "sentences" and not spec.symbols else 5e-3, "schedule": "one-cycle",
            "clip_gradient": 1.0, **given,
        }

    def cell(self, numbers: int, width: int) -> Cell:
        """A layer that reads so many numbers a step into a state of `width`."""
        raise NotImplementedError

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        self.settings, self.spec = settings, spec
        self.drawn = spec.symbols or spec.kind == "series"  # what counts may be anywhere, once
        both = spec.kind == "questions" or (settings.bidirectional and spec.kind != "text")
        directions = 2 if both else 1
        self.read_off = settings.read_off if settings.read_off != "auto" else "last" if self.drawn else "max"
        padding = PADDING if spec.kind != "text" else None
        if spec.kind == "series":
            self.tokens = nn.Linear(spec.shape[1], settings.embedding)
        else:
            self.tokens = nn.Embedding(spec.vocabulary_size, settings.embedding, padding_idx=padding)
            nn.init.normal_(self.tokens.weight, 0, 0.1)  # small, so that a rare word soon means what it was seen with
        read = [settings.embedding] + [directions * settings.width] * (settings.depth - 1)  # numbers, by each layer
        self.forwards = nn.ModuleList(self.cell(numbers, settings.width) for numbers in read)
        self.backwards = nn.ModuleList(self.cell(numbers, settings.width) for numbers in read if both)
        self.dropout = nn.Dropout(0.0 if spec.kind == "series" else settings.dropout)
        answers = {"sentences": len(spec.classes), "questions": 2, "series": 1}.get(spec.kind, spec.vocabulary_size)
        self.classifier = nn.Linear(directions * settings.width, answers)

    def span(self) -> int:
        """Steps that cells with gates are prepared to remember over; 0: a few."""
        return self.settings.span or (self.spec.shape[0] if self.drawn else 0)

    def forward(self, inputs: Tensor, before: Sequence[Tensor] | None = None) -> Tensor | tuple[Tensor, list[Tensor]]:
        """With `before`, the state of each layer `(parts, batch, width)` after what stands before in a running text, or ()
        at its beginning: the logits, and the states after these tokens."""
        states, after = self.dropout(self.tokens(inputs)), []  # (batch, length, embedding)
        series = self.spec.kind == "series"
        real = torch.ones_like(inputs[:, :, 0], dtype=torch.bool) if series else inputs != PADDING  # (batch, length)
        for i, cell in enumerate(self.forwards):
            read, last = cell.go_on(states, before[i] if before else None)
            seen = [read]  # padding comes last: no real state has read it
            after.append(last)
            if self.backwards:
                turned = mirror(real.sum(1), real.shape[1])
                seen.append(taken(self.backwards[i](taken(states, turned))[0], turned))
            states = self.dropout(torch.cat(seen, 2))  # (batch, length, directions × width)
        if self.spec.kind in ("sentences", "series"):
            states = self._read_off(states, real)  # (batch, directions × width)
        logits = self.classifier(states)
        return logits if before is None else (logits, after)

    def _read_off(self, states: Tensor, real: Tensor) -> Tensor:
        """What stands for the whole sequence, `(batch, directions × width)`."""
        if self.read_off == "mean":
            return (states * (real / real.sum(1, keepdim=True)).unsqueeze(2)).sum(1)
        if self.read_off == "max":
            return states.masked_fill(~real.unsqueeze(2), -torch.inf).amax(1)
        last = (real.sum(1) - 1).clamp_min(0)[:, None, None].expand(-1, 1, self.settings.width)  # (batch, 1, width)
        forwards, *backwards = states.split(self.settings.width, 2)
        ends = [forwards.gather(1, last)[:, 0], *(states[:, 0] for states in backwards)]
        return torch.cat(ends, 1)


class BothWays(nn.Module):
    """An LSTM layer forwards and, with two `directions`, one backwards in time, side by side: `(batch, steps, size)` to
    `(batch, steps, directions · width)`. Each sequence has its own number of steps, `counts` `(batch,)`, and is turned about
    within them for the second."""

    def __init__(self, size: int, width: int, directions: int):
        super().__init__()
        self.forwards = LSTMCell(size, width, batch_first=True)
        self.backwards = LSTMCell(size, width, batch_first=True) if directions == 2 else None

    def forward(self, states: Tensor, counts: Tensor) -> Tensor:
        ahead, _ = self.forwards(states)
        if self.backwards is None:
            return ahead
        turned = mirror(counts, states.shape[1])
        back, _ = self.backwards(taken(states, turned))
        return torch.cat([ahead, taken(back, turned)], 2)


def mirror(counts: Tensor, length: int) -> Tensor:
    """Where each place's step stands when the first `counts` `(batch,)` of `length` steps, and not the padding, are turned
    round: int64 `(batch, length)`. What a layer then reads from its beginning is what torch's packed sequences give it, but
    in the fused kernel, and without asking the device for the counts."""
    places, counts = torch.arange(length, device=counts.device), counts[:, None]
    return torch.where(places < counts, counts - 1 - places, places)


def taken(states: Tensor, places: Tensor) -> Tensor:
    """The states `(batch, length, numbers)` in the order of `places` `(batch, length)`."""
    return states.gather(1, places.unsqueeze(2).expand_as(states))
