"""Runs as the rows of a table: how their settings and results are written, and each run's colour before its row."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from core import catalog
from core.errors import UserError
from core.experiment import Experiment
from core.plots.style import run_colour
from core.tracking import compare, read
from core.ui import page

DOT_COLUMN = st.column_config.TextColumn(width=32)  # of the column without a name, where the colours are
WHEN_COLUMN = st.column_config.DatetimeColumn(format="distance")


def task_title(task: str) -> str:
    try:
        return catalog.get("task", task).card.title
    except UserError:
        return task


def setting_title(name: str) -> str:
    """`training.learning_rate` as a person reads it."""
    return {"dataset": "Data set"}.get(name, name.rsplit(".", 1)[-1].replace("_", " ").capitalize())


def setting_text(value: object) -> str:
    """A setting's value, or what MLflow keeps of it, as a person reads it; a dash where a run has no such setting."""
    text = "–" if value is None else str(value)
    if text in ("True", "False"):
        return "yes" if text == "True" else "no"
    try:
        return page.number(float(text))
    except ValueError:
        return text


def setting_words(name: str, value: object) -> str:
    """`learning rate 0.001`."""
    return f"{setting_title(name).lower()} {setting_text(value)}"


@lru_cache(maxsize=200)
def recipe(task: str, architecture: str, dataset: str) -> dict[str, str]:
    """What the settings of these three are where nobody changes them, as params; empty where they fit no longer."""
    try:
        return {name: str(value) for name, value in Experiment.make(task, architecture, dataset).leaves().items()}
    except UserError:
        return {}


def changed(run: read.Run) -> dict[str, str]:
    """The params of a run that are not the recipe's, the seed aside."""
    usual = recipe(*(run.params.get(name, "") for name in ("task", "architecture", "dataset")))
    return {name: value for name, value in run.params.items() if name in usual and usual[name] != value and name != "seed"}


def best_measure(run: read.Run) -> tuple[str, bool]:
    """The measure, without its split, that says how good such runs are, and whether more is better."""
    return _measure(run.params.get("task", ""))


@lru_cache(maxsize=100)
def _measure(task: str) -> tuple[str, bool]:
    try:
        found = catalog.get("task", task)
        return found.measure.removeprefix("validation/"), found.more_is_better
    except UserError:
        return "loss", False


LESS_IS_BETTER = ("loss", "error", "perplexity", "distance", "frechet", "kid", "swd", "seconds", "gap", "mse", "mae")


def more_is_better(metric: str) -> bool:
    """Whether more of a metric is better: as the tasks say of theirs, else by what it is called."""
    measure = metric.rpartition("/")[2]
    known = {task.measure.rpartition("/")[2]: task.more_is_better for task in catalog.entries("task").values()}
    return known.get(measure, not any(word in measure for word in LESS_IS_BETTER))


def spread_text(metric: str, values: Sequence[float]) -> str:
    """`98.31 ± 0.12 %`, the spread with two digits and the mean as far as those; without the spread for a single value."""
    found = compare.spread(values)
    if found is None:
        return ""
    if not found.sd > 0:
        return page.measure(metric, found.mean) + (" ± 0" if found.sd == 0 else "")
    scale, unit = (100, " %") if page.is_share(metric) else (1, " dB") if "psnr" in metric else (1, "")
    places = max(0, 1 - math.floor(math.log10(scale * found.sd)))
    return f"{scale * found.mean:,.{places}f} ± {scale * found.sd:,.{places}f}{unit}"


def result(run: read.Run) -> tuple[str, float | None]:
    """The best measure and its newest value: of the test where there is one, else of the validation, else None."""
    measure, _ = best_measure(run)
    return measure, run.metrics.get(f"test/{measure}", run.metrics.get(f"validation/{measure}"))


def coloured(frame: pd.DataFrame, runs: Sequence[read.Run], written: dict[str, Callable] | None = None) -> Styler:
    """The table with a first column, without a name, of the colours of `runs`, one a row.

    `written`: how the numbers of a column are written. Those of a column `Result` take the measure that each is of.
    Numbers stay numbers, so that the columns sort.
    """
    frame = frame.copy()
    frame.insert(0, "", "●")
    colours = [f"color: {run_colour(run.id)}" for run in runs]
    style = frame.style.apply(lambda column: colours, subset=[""]).format(written or {})
    if "Result" in frame:
        kinds = [result(run)[0] for run in runs]
        for kind in set(kinds):
            words = page.measure_words(kind)
            style = style.format(
                lambda figure, kind=kind, words=words: "" if pd.isna(figure) else f"{page.measure(kind, figure)} {words}",
                subset=([i for i, other in enumerate(kinds) if other == kind], ["Result"]),
            )
    return style


def span(seconds: float | None) -> str:
    """A span of time in a cell; empty where it isn't known."""
    return "" if pd.isna(seconds) else page.duration(seconds)


def draw(rows: Styler | pd.DataFrame, *, key: str) -> None:
    """A table as wide as what it holds, and as high where that is not too much."""
    count = len(rows.data if isinstance(rows, Styler) else rows)
    st.dataframe(rows, hide_index=True, key=key, width="content", height="content" if count <= 16 else 580, placeholder="–",
                 column_config={"": DOT_COLUMN})
