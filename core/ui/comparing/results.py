"""The final figures of the chosen runs."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from core.tracking import read
from core.ui import page, tables
from core.ui.comparing.choice import Choice
from core.ui.comparing.verdict import seeds


def results(choice: Choice, key: str) -> None:
    """The final figures of the runs, best on top, and of the seeds of one experiment together."""
    runs = choice.runs
    measure, more = tables.best_measure(runs[0])
    metrics = sorted({name for run in runs for name in run.metrics if name.startswith("test/")},
                     key=lambda name: (name != f"test/{measure}", name))
    metrics += [f"validation/{measure}"] * any(f"validation/{measure}" in run.metrics for run in runs)
    if not metrics:
        st.caption("No final figures yet: they come at the end of a run, from the test data.")
        return

    def rank(run: read.Run) -> tuple:
        figures = [run.metrics.get(name, math.nan) for name in (f"test/{measure}", f"validation/{measure}")]
        return tuple((math.isnan(figure), -figure if more else figure) for figure in figures)

    ranked = sorted(runs, key=rank)
    frame = pd.DataFrame(
        {"Run": [choice.names[run.id] for run in ranked]}
        | {page.measure_title(name): [run.metrics.get(name) for run in ranked] for name in metrics}
        | {"Epochs": [run.metrics.get("train/epoch", 0.0) for run in ranked],
           "Took": [(run.ended - run.started) if run.ended and run.started else None for run in ranked]}
    )
    written = {page.measure_title(name): figure_writer(name) for name in metrics}
    tables.draw(tables.coloured(frame, ranked, written | {"Epochs": "{:.3g}".format, "Took": tables.span}),
                key=f"{key}table")
    seeds(runs, metrics, more, key)


def figure_writer(name: str):
    return lambda figure: "–" if pd.isna(figure) else page.measure(name, figure)
