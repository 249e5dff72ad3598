"""What a classifier says of a whole split: its confusions, its mistakes, and how far it can be taken at its word."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.stats import binomtest
from torch import Tensor

from core.catalog import PADDING, UNKNOWN, DataSpec
from core.datasets.base import Split
from core.inside.load import Loaded
from core.tasks.base import Reliability, confusion, reliability

RESAMPLES = 10_000  # of a bootstrap
BATCH = 250  # examples that are asked at once; in between, others may ask the same model


@dataclass(frozen=True)
class Verdicts:
    """The answers to `n` examples: `chances` float32 `(n, classes)` for `classes`, and `targets` `(n,)`, what is true."""

    classes: tuple[str, ...]
    chances: Tensor
    targets: Tensor

    @cached_property
    def guesses(self) -> Tensor:
        return self.chances.argmax(1)

    @property
    def accuracy(self) -> float:
        return (self.guesses == self.targets).double().mean().item()

    @cached_property
    def confusion(self) -> np.ndarray:
        """Counts `(classes, classes)`: row = true class, column = answer."""
        return confusion(self.guesses, self.targets, len(self.classes)).numpy()

    @cached_property
    def reliability(self) -> Reliability:
        return reliability(self.chances, self.targets)

    def chance(self, index: int) -> float:
        """The chance that an answer gives itself."""
        return self.chances[index].max().item()

    def told(self, index: int) -> str:
        """An example's answer in words."""
        true, guess = self.classes[self.targets[index]], self.classes[self.guesses[index]]
        sure = f"{100 * self.chance(index):.1f} %"
        return f"{true}, {sure}" if true == guess else f"{true} as {guess}, {sure}"


def fits(loaded: Loaded) -> bool:
    """Whether the run tells classes apart."""
    return len(loaded.spec.classes) > 1 and hasattr(loaded.task, "logits")


def ask(loaded: Loaded, split: Split) -> Verdicts:
    """The model's answers to all examples of a split."""
    parts = []
    for inputs in split.inputs.split(BATCH):
        with loaded.lock:
            parts.append(loaded.task.logits(Split(inputs)))
    return Verdicts(loaded.spec.classes, torch.cat(parts).softmax(1), split.targets)


@dataclass(frozen=True)
class Disagreement:
    """Two models asked the same: `alone`, the examples that the first alone names rightly and those that the second alone
    does; `gap`, by how much the first one's accuracy is above the second's, and its 95 % interval from `low` to `high`;
    `resampled`, that interval by a bootstrap; `p`, how likely so uneven a disagreement is by chance."""

    alone: tuple[list[int], list[int]]
    gap: float
    low: float
    high: float
    resampled: tuple[float, float]
    p: float


def disagreement(first: Verdicts, second: Verdicts) -> Disagreement:
    """What two models make of the same examples. Since both were asked each of them, only those count that one alone names
    rightly: p is McNemar's (1947), by the exact binomial test; the interval is Agresti and Min's (2005, "Simple improved
    confidence intervals for comparing matched proportions"), which holds for few examples too; beside it stands that of the
    paired bootstrap over examples (Koehn 2004, "Statistical significance tests for machine translation evaluation")."""
    right = [verdicts.guesses == verdicts.targets for verdicts in (first, second)]
    mine, its = (right[0] & ~right[1]).nonzero().flatten().tolist(), (right[1] & ~right[0]).nonzero().flatten().tolist()
    count, differ = len(first.targets), len(mine) + len(its)
    p = binomtest(len(mine), differ).pvalue if differ else 1.0
    total, ahead = count + 2, len(mine) - len(its)  # half an example more in each of the four cells
    reach = 1.959964 * math.sqrt(differ + 1 - ahead**2 / total) / total
    return Disagreement((mine, its), ahead / count, ahead / total - reach, ahead / total + reach,
                        paired_bootstrap(len(mine), len(its), count), float(p))


def paired_bootstrap(mine: int, its: int, count: int) -> tuple[float, float]:
    """The 95 % percentile interval of the gap between two accuracies when the `count` examples are drawn anew, with
    replacement, each with both models' answers: `mine` of them the first alone names rightly, `its` the second alone."""
    kinds = np.array([mine, its, count - mine - its]) / count  # to draw how many of each kind is to draw the examples
    drawn = np.random.default_rng(0).multinomial(count, kinds, RESAMPLES)  # (resamples, 3)
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / count, [0.025, 0.975])
    return float(low), float(high)


def commonest(counts: np.ndarray) -> tuple[int, int]:
    """The true class and the answer that are confused most often; the first class with itself where nothing is."""
    mistakes = counts - np.diag(np.diag(counts))
    true, guess = divmod(int(mistakes.argmax()), len(counts))
    return true, guess


def behind(verdicts: Verdicts, true: int, guess: int) -> list[int]:
    """The examples of a class that were given an answer, those first whose answer is surest."""
    found = ((verdicts.targets == true) & (verdicts.guesses == guess)).nonzero().flatten()
    return found[verdicts.chances[found, guess].argsort(descending=True, stable=True)].tolist()


def mistakes(verdicts: Verdicts, worst: bool) -> list[int]:
    """All examples with a wrong answer: those first that gave the true class the least chance (`worst`), or those whose
    answer was least sure of itself."""
    wrong = (verdicts.guesses != verdicts.targets).nonzero().flatten()
    order = verdicts.targets if worst else verdicts.guesses
    return wrong[verdicts.chances[wrong, order[wrong]].argsort(stable=True)].tolist()


def at_its_word(found: Reliability) -> str:
    """Whether answers are as often right as they say, in a plain sentence: on the bin that adds most to the calibration
    error among those that differ by more than two standard errors."""
    gap = found.right - found.said  # (bins,)
    spread = (found.said * (1 - found.said) / found.count.clamp_min(1)).sqrt()
    weight = torch.where(gap.abs() > 2 * spread, gap.abs() * found.count, 0)
    worst = int(weight.argmax())
    if weight[worst] == 0:
        return "It can be taken at its word: nowhere is it right more or less often than it says, beyond chance."
    said, right = 100 * found.said[worst].item(), 100 * found.right[worst].item()
    digits = 0 if abs(said - right) >= 2 else 1
    verdict = "too modest" if right > said else "too sure of itself"
    return (f"When it says {said:.{digits}f} %, it is right {right:.{digits}f} % of the time "
            f"({int(found.count[worst]):,} such answers): it is {verdict}.")


def sentence(tokens: Tensor, spec: DataSpec) -> str:
    """Token numbers `(length,)` as text; … stands for a word that is not in the vocabulary."""
    return " ".join("…" if i == UNKNOWN else spec.vocabulary[i] for i in tokens[tokens != PADDING].tolist())


def noun(spec: DataSpec, count: int) -> str:
    """`1 picture`, `500 sentences`."""
    word = {"images": "picture", "sentences": "sentence", "sounds": "sound"}.get(spec.kind, "example")
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def pictured(spec: DataSpec, split: Split, index: Sequence[int]) -> Tensor | None:
    """The pictures of examples, uint8 `(n, channels, height, width)`, with one or three channels; None where the data are
    no pictures."""
    return split.inputs[list(index)] if spec.kind == "images" and spec.shape[0] in (1, 3) else None
