"""From a model's chances to what it writes: drawing with temperature and top-p, and beam search (Graves 2012, "Sequence
transduction with recurrent neural networks", section 2.5; Wu et al. 2016, "Google's neural machine translation system",
section 7, for the penalty on length)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.catalog import END, PADDING, START, DataSpec

LENGTH_PENALTY = 0.6  # the exponent of Vaswani et al. 2017, section 6.1


@dataclass(frozen=True)
class Written:
    """A sequence that was written, without its start: the last number is END unless it was cut off. `chances`: of each
    number. `score`: the log probability of all, divided by the length penalty."""

    numbers: tuple[int, ...]
    chances: tuple[float, ...]
    score: float


def begun(numbers: tuple[int, ...]) -> Tensor:
    """What stands there before each of the numbers is written, with the start, int64 `(numbers,)`."""
    return torch.tensor([START, *numbers[:-1]])


def names(numbers: tuple[int, ...], spec: DataSpec) -> list[str]:
    """Each token as a person reads it: pieces of words with their sign, and `end`."""
    return ["end" if number == END else spec.vocabulary[number] for number in numbers]


def shaped(logits: Tensor, temperature: float, top_p: float) -> Tensor:
    """The chances that one draws from, of logits `(..., vocabulary)`: flatter the higher the temperature, and only of the
    likeliest that make up `top_p` together (Holtzman et al. 2020, "The curious case of neural text degeneration", 3.1).
    At temperature 0 the likeliest has all."""
    if temperature == 0:
        return F.one_hot(logits.argmax(-1), logits.shape[-1]).float()
    chances, order = (logits / temperature).softmax(-1).sort(dim=-1, descending=True, stable=True)
    chances = chances.masked_fill(chances.cumsum(-1) - chances >= top_p, 0)  # the likeliest always stays
    return torch.zeros_like(chances).scatter(-1, order, chances / chances.sum(-1, keepdim=True))


def drawn(chances: Tensor, luck: float) -> int:
    """What a random number in 0..1 picks by chances `(vocabulary,)`, the likeliest first: little luck is lost by a little
    change of the chances."""
    order = chances.argsort(descending=True, stable=True)
    return int(order[(chances[order].cumsum(0) <= luck * chances.sum()).sum().clamp_max((chances > 0).sum() - 1)])


def penalty(length: int) -> float:
    """What a log probability of so many tokens is divided by, so that short sequences don't win for being short."""
    return ((5 + length) / 6) ** LENGTH_PENALTY


@torch.no_grad()
def beam_search(model: nn.Module, sources: Tensor, beam: int, most: int) -> list[list[Written]]:
    """The first `beam` sequences that end, for each of `sources` `(batch, length)`, or pictures, the best first, of at
    most `most` tokens. With a beam of 1 it takes the likeliest token each time.

    The model has `encode(sources)`, a tuple of tensors with the batch first, and `decode(targets, read, last=True)`.
    """
    batch = len(sources)
    read = tuple(part.repeat_interleave(beam, 0) for part in model.encode(sources))
    rows = torch.arange(batch, device=sources.device)  # the source that each group of `beam` rows is for
    targets = torch.full((batch * beam, 1), START, device=sources.device)
    scores = torch.full((batch, beam), -torch.inf, device=sources.device)
    scores[:, 0] = 0  # at first all rows are the same: one goes on
    steps = scores.new_zeros((batch * beam, 0))  # the log chance of each token
    ended: list[list[Written]] = [[] for _ in range(batch)]
    for length in range(1, most + 1):
        logs = model.decode(targets, read, last=True)[:, 0].float().log_softmax(1)  # (rows × beam, vocabulary)
        logs[:, [PADDING, START]] = -torch.inf
        known = logs.shape[1]
        # Twice as many as are kept, so that enough go on where some end.
        best, at = (scores[:, :, None] + logs.view(-1, beam, known)).flatten(1).topk(min(2 * beam, beam * known), 1)
        from_row, token = at // known, at % known  # (rows, 2 × beam)
        keep, on_scores, stay = [], [], []
        for i, row in enumerate(rows.tolist()):
            going: list[tuple[int, int, float]] = []
            for rank, (score, origin, number) in enumerate(
                zip(best[i].tolist(), from_row[i].tolist(), token[i].tolist(), strict=True)
            ):
                place = i * beam + origin
                if score == -float("inf"):
                    continue
                if number == END or length == most:
                    if rank < beam:
                        past = (*targets[place, 1:].tolist(), number)
                        chances = (*steps[place].exp().tolist(), logs[place, number].exp().item())
                        ended[row].append(Written(past, chances, score / penalty(length)))
                elif len(going) < beam:
                    going.append((place, number, score))
            if going and len(ended[row]) < beam:
                going += [(*going[-1][:2], -float("inf"))] * (beam - len(going))
                stay.append(i)
                keep += going
                on_scores.append([score for *_, score in going])
        if not stay:
            break
        index = torch.tensor([place for place, *_ in keep], device=sources.device)
        numbers = torch.tensor([number for _, number, _ in keep], device=sources.device)
        targets = torch.cat((targets[index], numbers[:, None]), 1)
        steps = torch.cat((steps[index], logs[index, numbers][:, None]), 1)
        scores, rows = torch.tensor(on_scores, device=sources.device), rows[stay]
        read = tuple(part[index] for part in read)
    return [sorted(one, key=lambda written: -written.score)[:beam] for one in ended]


@torch.no_grad()
def sample(model: nn.Module, source: Tensor, uniforms: Tensor, temperature: float, top_p: float) -> Written:
    """A sequence drawn for one source `(1, length)`, by random numbers in 0..1, `(most,)`, one for each token at most."""
    read, targets, chances, logarithm = model.encode(source), [START], [], 0.0
    for luck in uniforms.tolist():
        logits = model.decode(source.new_tensor([targets]), read, last=True)[0, 0].float().cpu()  # (vocabulary,)
        logits[[PADDING, START]] = -torch.inf
        given = shaped(logits, temperature, top_p)
        picked = drawn(given, luck)
        targets.append(picked)
        chances.append(float(given[picked]))
        logarithm += float(logits.log_softmax(0)[picked])
        if picked == END:
            break
    return Written(tuple(targets[1:]), tuple(chances), logarithm / penalty(len(chances)))
