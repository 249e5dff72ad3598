"""From runs to the lines of a chart."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import streamlit as st

from core.errors import UserError
from core.experiment import Experiment
from core.plots.curves import Axis, Curve, smoothed
from core.tracking import read
from core.training.summary import summarise

POINTS = 1000  # of a line: more than a chart has pixels
EVERY = 2**62
AXES: tuple[Axis, ...] = ("step", "epoch", "time")
MORE_AXES: tuple[Axis, ...] = ("step", "epoch", "samples", "time", "FLOPs")
AXIS_HELP = "Time counts from the first logged step of each run, pauses included."
MORE_HELP = (AXIS_HELP + " Samples are steps × batch size. FLOPs are the multiplications and additions of training, forward "
             "and backward, as torch counts them in one step: those of matrix products, convolutions and attention.")
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
    """All points of a metric: those of two stand at the same steps, which thinned ones would not."""
    return read.history(run.id, metric, EVERY)


def curve(
    run: read.Run, metric: str, axis: Axis, *, name: str, colour: str, dash: str = "solid", faint: bool = False,
    smoothing: float = 0.0, window: tuple[float, float] | None = None,
) -> Curve | None:
    """The line of a metric along steps, epochs, samples, seconds or FLOPs; None where the run does not know how many of them
    a step takes. Where a `window` of x is looked at, the line has as many points in it as else in all."""
    step = per_step(run, axis)
    if step is None:
        return None
    origin = _origin(run.id, run.started) if axis == "time" and not metric.startswith("system/") else None

    def along(points: read.History) -> np.ndarray:
        if axis != "time":
            return points.steps * step
        return points.times - (origin if origin is not None else points.times[:1])

    points = near = read.history(run.id, metric, POINTS)
    if window and points.logged > len(points.steps):
        every = read.history(run.id, metric, EVERY)
        first, last = np.searchsorted(along(every), window)
        start, end = (every.steps[min(i, len(every.steps) - 1)] for i in (first, last))
        near = read.history(run.id, metric, POINTS, start, end)
        points = _with_detail(points, near)
    smooth = None
    if smoothing > 0:  # of all that was logged: the points that are shown are the extremes
        every = read.history(run.id, metric, EVERY)
        smooth = smoothed(_finite(every.values), smoothing)[np.searchsorted(every.steps, points.steps)]
    return Curve(name, along(points), _finite(points.values), colour, dash, faint, near.logged, len(near.steps), smooth)


def _finite(values: np.ndarray) -> np.ndarray:
    """Without what is infinite, which MLflow keeps as the largest number: beside that all else would lie flat."""
    return np.where(np.abs(values) < np.finfo(np.float64).max, values, np.nan)


def per_step(run: read.Run, axis: Axis) -> float | None:
    """How far one step of a run goes along an axis; None where that isn't known. Along time it counts for nothing."""
    if axis in ("step", "time"):
        return 1.0
    wanted = "training.epochs" if axis == "epoch" else "training.batch_size"
    if wanted not in run.params or (axis == "epoch" and not run.total_steps):
        return None
    if axis == "epoch":
        return float(run.params[wanted]) / run.total_steps
    batch = float(run.params[wanted])
    if axis == "samples":
        return batch
    try:
        flops = _flops(run.experiment.model_copy(update={"seed": 0}).model_dump_json())
    except (KeyError, UserError):  # someone else's run, or one that this version can't read any more
        return None
    return batch * flops if flops else None


@st.cache_data(max_entries=500, show_spinner="Counting the arithmetic of a step …")
def _flops(experiment: str) -> int:
    """Of one training step on one example; 0 where it can't be told, or where nothing is multiplied."""
    try:
        return summarise(Experiment.from_json(experiment)).flops
    except UserError:
        return 0


def _with_detail(points: read.History, near: read.History) -> read.History:
    """The points of which those between the first and the last of `near` are all of `near`."""
    if not len(near.steps):
        return points
    before, after = points.steps < near.steps[0], points.steps > near.steps[-1]
    return read.History(*(
        np.concatenate([part[before], detail, part[after]])
        for part, detail in ((points.steps, near.steps), (points.values, near.values), (points.times, near.times))
    ), logged=points.logged)


@st.cache_data(ttl=1800, max_entries=256, show_spinner=False)
def _origin(run_id: str, started: float | None) -> float:
    """When the run made its first logged step (unix seconds)."""
    times = read.history(run_id, _SPEED).times
    return float(times.min()) if len(times) else started or 0.0
