"""From runs to the lines of a chart."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import streamlit as st

from core.plots.curves import Axis, Curve
from core.tracking import read

POINTS = 1000  # of a line: more than a chart has pixels
AXES: tuple[Axis, ...] = ("step", "epoch", "time")
AXIS_HELP = "Time counts from the first logged step of each run, pauses included."
_SPEED = "train/samples_per_second"  # logged by every run, as soon as it trains
_HIDDEN = (_SPEED, "train/epoch")


def measures(metrics: Iterable[str]) -> dict[str, list[str]]:
    """What can be drawn as curves, by measure: `{"loss": ["train/loss", "validation/loss"], ...}`, the loss first."""
    found: dict[str, list[str]] = {}
    for name in sorted(metrics):
        split, _, measure = name.partition("/")
        if split in ("train", "validation") and name not in _HIDDEN:
            found.setdefault(measure, []).append(name)
    return dict(sorted(found.items(), key=lambda item: "loss" not in item[0]))


def history(run: read.Run, metric: str) -> read.History:
    """The points of a metric; read again only when the run has logged more."""
    news = (run.state, run.started, run.metrics.get("train/epoch"), run.metrics.get(metric))
    return _history(run.id, metric, news)


def curve(
    run: read.Run, metric: str, axis: Axis, *, name: str, colour: str, dash: str = "solid", faint: bool = False
) -> Curve:
    """The line of a metric along steps, epochs or seconds."""
    points = history(run, metric)
    along = points.steps.astype(np.float64)
    if axis == "epoch" and run.total_steps:
        along *= float(run.params["training.epochs"]) / run.total_steps
    elif axis == "time" and len(along):
        along = points.times - (points.times[0] if metric.startswith("system/") else _origin(run.id, run.started))
    return Curve(name, along, points.values, colour, dash, faint, points.logged)


@st.cache_resource(ttl=1800, max_entries=256, show_spinner=False)  # not pickled: nobody changes it
def _history(run_id: str, metric: str, news: tuple) -> read.History:
    return read.history(run_id, metric, POINTS)


@st.cache_data(ttl=1800, max_entries=256, show_spinner=False)
def _origin(run_id: str, started: float | None) -> float:
    """When the run made its first logged step (unix seconds)."""
    times = read.history(run_id, _SPEED).times
    return float(times.min()) if len(times) else started or 0.0
