"""How much of a metric hangs on which setting: by permutation (Breiman 2001, "Random forests", section 10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from core.errors import UserError
from core.tracking.columns import Column

FEWEST = 12  # runs below which a forest has nothing to learn from
MOST = 1000  # runs that are looked at: more say little that is new, and take long
FOLDS, REPEATS, TREES = 4, 5, 100


@dataclass(frozen=True)
class Importance:
    """`names` of settings, the most important first, settings that change only together as one; `share` and its standard
    deviation `spread`, both `(names,)`: how much of the metric's variance hangs on each. `foretold`: how much of it the
    forest foretells of runs that it has not seen (R²); `runs`, of how many runs."""

    names: tuple[tuple[str, ...], ...]
    share: np.ndarray
    spread: np.ndarray
    foretold: float
    runs: int


def importance(settings: Sequence[Column], measured: Column) -> Importance:
    """Which settings a metric hangs on.

    A random forest foretells the metric of one part of the runs from the others (cross-validation in `FOLDS` parts), then
    again with one setting shuffled among them. Half of what its squared error grows by is the variance that hangs on the
    setting (Gregorutti, Michel and Saint-Pierre 2017, "Correlation and variable importance in random forests", section 2).
    Raises `UserError` where there are too few runs, or nothing differs.
    """
    known = np.flatnonzero(~np.isnan(measured.values))
    if len(known) < FEWEST:
        raise UserError(f"{len(known)} runs have {measured.name}: at least {FEWEST} are needed to tell what it hangs on.")
    known = known[np.linspace(0, len(known) - 1, min(len(known), MOST)).round().astype(int)]
    target = measured.values[known]
    if np.ptp(target) == 0:
        raise UserError(f"{measured.name} is the same in all of these runs: it hangs on nothing that differs.")
    tied: dict[bytes, list[Column]] = {}
    for column in settings:
        values = column.values[known]
        if (parts := np.unique(np.nan_to_num(values, nan=-np.pi), return_inverse=True)[1]).max() > 0:
            first = np.unique(parts, return_index=True)[1]  # the same parts, whatever the order of their values
            tied.setdefault(np.argsort(np.argsort(first))[parts].tobytes(), []).append(column)
    if not tied:
        raise UserError("These runs do not differ in any setting.")
    groups = list(tied.values())
    # What a run lacks is a value of its own: -1 among the categories, and trees divide by missing numbers too.
    table = np.stack([np.where(np.isnan(group[0].values[known]) & bool(group[0].labels), -1, group[0].values[known])
                      for group in groups], 1)  # (runs, settings)
    categories = [i for i, group in enumerate(groups) if group[0].labels]
    drops, errors = [], np.zeros(len(target))
    for seen, held in KFold(FOLDS, shuffle=True, random_state=0).split(table):
        model = make_pipeline(
            ColumnTransformer([("category", OneHotEncoder(handle_unknown="ignore"), categories)], remainder="passthrough"),
            RandomForestRegressor(TREES, random_state=0),
        ).fit(table[seen], target[seen])
        errors[held] = target[held] - model.predict(table[held])
        shuffled = permutation_importance(model, table[held], target[held], scoring="neg_mean_squared_error",
                                          n_repeats=REPEATS, random_state=0)
        drops.append(shuffled.importances)  # (settings, repeats)
    every = np.concatenate(drops, 1) / (2 * target.var())  # (settings, folds × repeats)
    order = np.argsort(-every.mean(1))
    return Importance(
        tuple(tuple(column.name for column in groups[i]) for i in order), every.mean(1)[order], every.std(1)[order],
        float(1 - np.mean(errors**2) / target.var()), len(known),
    )
