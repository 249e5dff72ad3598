"""The adding problem put to a model: two values of a series are marked, and it tells their sum (Hochreiter and Schmidhuber
1997, experiment 4)."""

from __future__ import annotations

import numpy as np
import torch

from core.inside.load import Loaded


def fits(loaded: Loaded) -> bool:
    """Whether the run adds marked values."""
    return loaded.experiment.dataset == "adding"


def marks(series: np.ndarray) -> list[tuple[int, float]]:
    """The marked places of a series `(length, 2)`, each with its value."""
    return [(int(place), float(series[place, 0])) for place in np.flatnonzero(series[:, 1])]


def marked(series: np.ndarray, wanted: list[tuple[int, float]]) -> np.ndarray:
    """The series with these places marked in place of its own, and these values there."""
    changed = series.copy()
    changed[:, 1] = 0
    for place, value in wanted:
        changed[place] = value, 1
    return changed


def told(loaded: Loaded, series: np.ndarray) -> float:
    """The sum that the model tells."""
    with loaded.lock, torch.no_grad():
        return loaded.model(torch.from_numpy(series)[None]).item()
