"""Letters out of the probabilities of each step: connectionist temporal classification, Graves, Fernández, Gomez and
Schmidhuber 2006, section 3. A path names a letter or the blank at each step; without repeats and blanks it is a text."""

from __future__ import annotations

import math

import numpy as np

from core.catalog import BLANK


def greedy(chances: np.ndarray) -> tuple[int, ...]:
    """The text of the likeliest path (best path, section 3.2). `chances` `(steps, letters)`, or their logarithms."""
    path = chances.argmax(1)
    turns = np.flatnonzero(np.diff(path, prepend=-1))
    return tuple(int(letter) for letter in path[turns] if letter != BLANK)


def prefix_beam(log_chances: np.ndarray, width: int) -> list[tuple[tuple[int, ...], float]]:
    """The likeliest texts, each with the logarithm of its probability, which is the sum over all its paths.

    Prefix search (section 3.2) that keeps the `width` likeliest beginnings at each step, so that with enough of them the
    probabilities are exact. `log_chances` `(steps, letters)`.
    """
    beams = {(): (0.0, -math.inf)}  # of each beginning: of its paths that end in a blank, and in its last letter
    for chances in log_chances.tolist():
        found: dict[tuple[int, ...], list[float]] = {}
        for text, (blank, letter) in beams.items():
            either = _sum(blank, letter)
            same = found.setdefault(text, [-math.inf, -math.inf])
            same[0] = _sum(same[0], either + chances[BLANK])
            if text:
                same[1] = _sum(same[1], letter + chances[text[-1]])
            for i, chance in enumerate(chances):
                if i == BLANK:
                    continue
                longer = found.setdefault((*text, i), [-math.inf, -math.inf])
                # A letter comes twice only where a blank stands between.
                longer[1] = _sum(longer[1], (blank if text and text[-1] == i else either) + chance)
        best = sorted(found, key=lambda text: _sum(*found[text]), reverse=True)[:width]
        beams = {text: tuple(found[text]) for text in best}
    return [(text, _sum(*ends)) for text, ends in beams.items()]


def alignment(log_chances: np.ndarray, text: tuple[int, ...]) -> np.ndarray:
    """The likeliest path of a text: for each step the place of its letter in `text`, or -1 for the blank, `(steps,)`.

    `log_chances` `(steps, letters)`. The Viterbi algorithm over the text with blanks before, between and after its letters.
    Raises `ValueError` where there are fewer steps than the text needs.
    """
    states = np.full(2 * len(text) + 1, BLANK)  # the text with blanks around
    states[1::2] = text
    skips = np.zeros(len(states), bool)  # whether the blank before may be left out
    skips[3::2] = states[3::2] != states[1:-2:2]
    score = np.full(len(states), -np.inf)
    score[:2] = log_chances[0, states[:2]]
    came = np.zeros((len(log_chances), len(states)), int)  # by how many states the best path moved
    for step in range(1, len(log_chances)):
        one, two = np.roll(score, 1), np.roll(score, 2)
        one[:1] = -np.inf
        two[~skips] = -np.inf
        ways = np.stack([score, one, two])
        came[step] = ways.argmax(0)
        score = ways.max(0) + log_chances[step, states]
    at = len(states) - 1
    if len(states) > 1 and score[-2] > score[-1]:
        at -= 1
    if score[at] == -np.inf:
        raise ValueError(f"{len(text)} letters need more than {len(log_chances)} steps")
    path = np.empty(len(log_chances), int)
    for step in reversed(range(len(path))):
        path[step] = at // 2 if at % 2 else -1
        at -= came[step, at]
    return path


def _sum(a: float, b: float) -> float:
    """log(exp(a) + exp(b))"""
    low, high = min(a, b), max(a, b)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))
