"""Runs as the rows of a table: how their settings and results are written, and each run's colour before its row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from core import catalog
from core.errors import UserError
from core.experiment import Experiment
from core.plots.style import run_colour
from core.tracking import read
from core.ui import page

DOT_COLUMN = st.column_config.TextColumn(width=32)  # of the column without a name, where the colours are
WHEN_COLUMN = st.column_config.DatetimeColumn(format="distance")


def matches(run: read.Run, text: str) -> bool:
    """Whether each word of what a person types is somewhere in the run: its name, settings, cause of failure or id."""
    everything = " ".join([run.name, run.cause, run.id, *(f"{name} {value}" for name, value in run.params.items())]).lower()
    return all(word in everything for word in text.lower().split())


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


@st.cache_data(max_entries=200, show_spinner=False)
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
    try:
        task = catalog.get("task", run.params.get("task", ""))
        return task.measure.removeprefix("validation/"), task.more_is_better
    except UserError:
        return "loss", False


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
