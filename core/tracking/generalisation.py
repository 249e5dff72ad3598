"""How the curves of training and validation part, in a plain sentence: whether a run over- or underfits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.tracking.read import History

FEWEST = 4  # times that validation was measured, before which the curves say too little
TREND = 0.02  # share of a loss that it must move by, to be more than its wavering


@dataclass(frozen=True)
class Pair:
    """A measure at the `n` steps at which validation was measured: there, and on the mean of training since the one
    before. All `(n,)`."""

    steps: np.ndarray
    train: np.ndarray
    validation: np.ndarray


def pair(train: History, validation: History) -> Pair:
    """Both curves at the same steps; what is no number is left out."""
    steps, kept = [], []
    since = 0
    for step, held in zip(validation.steps, validation.values, strict=True):
        seen = train.values[(train.steps > since) & (train.steps <= step)]
        if len(seen) and np.isfinite(held) and np.isfinite(seen).all():
            steps.append(step)
            kept.append((seen.mean(), held))
        since = step
    both = np.array(kept, np.float64).reshape(-1, 2)
    return Pair(np.array(steps, np.int64), both[:, 0], both[:, 1])


def judged(loss: Pair, accuracy: Pair | None, examples: int) -> str:
    """Whether a run over- or underfits, by its accuracy where it has one, else by its loss. `examples`: in the validation
    split. A change counts where it is larger than two standard errors of the accuracy, or `TREND` of the loss."""
    decides = loss if accuracy is None else accuracy
    if len(decides.steps) < FEWEST:
        return f"Too early to tell whether training and validation part: it takes {FEWEST} epochs."
    if accuracy is None:
        name, good, bad = "loss", "falling", "risen"
        train, held = -_smoothed(decides.train), -_smoothed(decides.validation)
        noise = TREND * abs(held).min()
    else:
        name, good, bad = "accuracy", "rising", "fallen"
        train, held = _smoothed(decides.train), _smoothed(decides.validation)
        noise = 2 * float(np.sqrt(max(held[-1] * (1 - held[-1]), 1 / examples) / examples))
    best, quarter = int(held.argmax()), max(1, len(held) // 4)
    fall = held[best] - held[-1]
    if fall > noise:
        size = f"{100 * fall:.1f} points" if accuracy else f"{100 * fall / -held[best]:.0f} %"
        since = f"since step {decides.steps[best]:,} by {size}"
        if train[-1] > train[best]:
            return f"Training {name} is still {good} while that of validation has {bad} {since}: it is overfitting."
        return f"Both training and validation have become worse, validation {since}: try a lower learning rate."
    if held[-1] - held[-1 - quarter] > noise / 2 and train[-1] > train[-1 - quarter]:
        return f"Training and validation {name} are both still {good}: train longer."
    if accuracy is None:
        return "Training and validation loss go together: no overfitting to see."
    worse = _smoothed(loss.validation)
    least, doubt = int(worse.argmin()), ""
    if worse[-1] > worse[least] * (1 + 5 * TREND) and _smoothed(loss.train)[-1] < _smoothed(loss.train)[least]:
        doubt = (f" But validation loss has risen since step {loss.steps[least]:,} by "
                 f"{100 * (worse[-1] / worse[least] - 1):.0f} %: its mistakes grow surer.")
    gap = train[-1] - held[-1]
    if gap > noise:
        return (f"Training accuracy is {100 * gap:.1f} points above that of validation, which has not fallen: some of what "
                f"it learned holds for its training data alone.{doubt}")
    if -gap > noise:
        return f"Validation accuracy is even above that of training, which is harder here: no overfitting to see.{doubt}"
    return f"Training and validation accuracy go together: no overfitting to see.{doubt}"


def _smoothed(values: np.ndarray) -> np.ndarray:
    """The mean over each value and those just before it, an eighth of all at most: a single epoch decides nothing."""
    width = min(5, max(1, len(values) // 8))
    return np.array([values[max(0, i + 1 - width) : i + 1].mean() for i in range(len(values))])
