"""Curves of measures over a run: smoothed as TensorBoard does it, along steps, epochs, samples, time or arithmetic; and of
several seeds together as a band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import plotly.graph_objects as go
from scipy.signal import lfilter

from core.plots.style import wrapped

Axis = Literal["step", "epoch", "samples", "time", "FLOPs"]
GREY = "#7A858F"  # holds on both themes
MARKED = 30  # a line of no more points shows them
TOGETHER = 12  # lines up to which one pointer tells the values of all
PLACES = 1000  # along the bottom, of a band
# Points beyond which lines are drawn without dashes: browsers take four times as long for dashed ones. (With WebGL a chart
# of 50 lines takes twenty times as long to appear where there is no GPU.)
DENSE = 20_000


@dataclass(frozen=True)
class Curve:
    """One line: `x` and `y` float64 `(n,)`, x rising. Along time `x` is in seconds.

    `smooth` `(n,)` is drawn in place of y, which stays behind, paler; `low` and `high` `(n,)` are the band around a line
    that stands for several. `logged`: how many points of what is seen were logged, of which `kept` (by default all of x)
    are here. `faint` draws it paler than its colour; `dash` is one of Plotly's names.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    colour: str
    dash: str = "solid"
    faint: bool = False
    logged: int = 0
    kept: int | None = None
    smooth: np.ndarray | None = None
    low: np.ndarray | None = None
    high: np.ndarray | None = None


def smoothed(values: np.ndarray, weight: float) -> np.ndarray:
    """Exponential moving average without its bias towards zero at the start, as TensorBoard draws it.

    `m[i] = weight * m[i-1] + (1 - weight) * values[i]`, shown as `m[i] / (1 - weight ** n)` with `n` values so far.
    Values that are no numbers stay as they are and count for nothing; a constant curve stays exactly constant.

    Arguments: `values` float64 `(n,)`; `weight` from 0, which changes nothing, to below 1. Returns: float64 `(n,)`.
    Source: `resmoothDataset` in TensorBoard's `vz_line_chart2/line-chart.ts`.
    """
    values = np.asarray(values, np.float64)
    if weight <= 0 or len(values) == 0 or np.all(values == values[0]):
        return values.copy()
    shown, finite = values.copy(), np.isfinite(values)
    means = lfilter([1 - weight], [1, -weight], values[finite])  # not step by step: a run may have logged millions
    shown[finite] = means / (1 - weight ** np.arange(1, len(means) + 1))
    return shown


def band(lines: Sequence[Curve], spread: Literal["range", "deviation"], name: str) -> Curve:
    """The mean of several lines, in the pen of the first, and around it from the least to the greatest of them, or one
    sample standard deviation (divisor n - 1) to each side. What is between two points of a line is interpolated. It reaches
    as far as all of the lines do; where one is no finite number there is a gap."""
    lines = [line for line in lines if len(line.x)]
    start, end = max(line.x[0] for line in lines), min(line.x[-1] for line in lines)
    x = np.unique(np.concatenate([line.x for line in lines]))
    x = x[(x >= start) & (x <= end)]
    if len(x) > PLACES:
        x = x[np.linspace(0, len(x) - 1, PLACES).round().astype(int)]
    values = np.stack([np.interp(x, line.x, line.y if line.smooth is None else line.smooth) for line in lines])  # (lines, n)
    values[~np.isfinite(values)] = np.nan
    mean = values.mean(0)
    if spread == "range" or len(lines) == 1:
        low, high = values.min(0), values.max(0)
    else:
        deviation = values.std(0, ddof=1)
        low, high = mean - deviation, mean + deviation
    return Curve(name, x, mean, lines[0].colour, lines[0].dash, low=low, high=high)


def figure(
    lines: Sequence[Curve], *, axis: Axis = "step", log_x: bool = False, log_y: bool = False, percent: bool = False,
    title: str = "", legend: bool = False, level: tuple[float, str] | None = None,
) -> go.Figure:
    """A chart of the lines. Of those that are smoothed the raw ones stay behind, paler. `percent` writes 0.5 as 50 %;
    `level` is a value to hold them against, and its name."""
    size, unit = unit_of(lines) if axis == "time" else (1.0, "")
    drawn = go.Figure()
    number, crowded = ".1~%" if percent else ".4~g", len(lines) > TOGETHER
    for line in lines:
        pen, name = {"color": line.colour, "dash": line.dash}, wrapped(line.name)
        if dense(lines):
            pen |= {"dash": "solid", "width": 1}
        behind = {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
        if line.low is not None:
            bare = behind | {"line": {"width": 0}}
            drawn.add_scatter(x=line.x / size, y=line.low, name=f"{name}, low", **bare)
            drawn.add_scatter(x=line.x / size, y=line.high, name=f"{name}, high", fill="tonexty",
                              fillcolor=translucent(line.colour), **bare)
        if line.smooth is not None:
            drawn.add_scatter(x=line.x / size, y=line.y, name=f"{name}, raw", line=pen | {"width": 1}, opacity=0.25,
                              **behind)
        drawn.add_scatter(
            x=line.x / size, y=line.y if line.smooth is None else line.smooth, name=name, line=pen,
            opacity=0.5 if line.faint else 1,
            mode="lines+markers" if len(line.x) <= MARKED and not line.faint else "lines",
            hovertemplate=f"{name}<br>{axis} %{{x:,.6~g}} {unit}: %{{y:{number}}}<extra></extra>" if crowded else None,
        )
    if level:
        value, name = level
        drawn.add_shape(
            type="line", xref="paper", x0=0, x1=1, y0=value, y1=value, line={"color": GREY, "dash": "dash", "width": 1.5},
            label={"text": name, "textposition": "end", "yanchor": "top", "font": {"size": 12, "color": GREY}},
        )
    return drawn.update_layout(
        title_text=title, showlegend=legend, margin_t=30 if title or legend else 8,
        legend={"x": 1, "xanchor": "right"}, hovermode="closest" if crowded else "x unified",
        xaxis={"title": {"text": f"{axis} ({unit})" if unit else axis}, "type": "log" if log_x else "linear",
               "tickformat": "~s" if axis == "FLOPs" else "",
               "unifiedhovertitle": {"text": f"{axis} %{{x:{',.6~g' if axis != 'FLOPs' else '.4~s'}}} {unit}"}},
        yaxis={"type": "log" if log_y else "linear", "tickformat": "~%" if percent else "", "hoverformat": number,
               "rangemode": "nonnegative" if percent else "normal"},  # no share is below 0
    )


def dense(lines: Sequence[Curve]) -> bool:
    """Whether the lines have too many points for dashes."""
    return sum(len(line.x) for line in lines) > DENSE


def translucent(colour: str) -> str:
    """A colour (`#0072B2`) through which others are seen."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.15)"


def unit_of(lines: Sequence[Curve]) -> tuple[float, str]:
    """The unit that suits the longest of lines along time."""
    return time_unit(max((float(line.x[-1]) for line in lines if len(line.x)), default=0.0))


def range_test(tried: Curve, smoothing: float, suggestion: float | None) -> go.Figure:
    """The losses of a learning-rate range test, `tried` along the rates, with a line at the suggested rate."""
    drawn = figure([replace(tried, smooth=smoothed(tried.y, smoothing))], log_x=True)
    drawn.update_xaxes(title_text="learning rate", unifiedhovertitle_text="learning rate %{x:.3~g}", exponentformat="power")
    # Where the loss bursts it leaves the chart at the top: it is the fall that is looked at.
    drawn.update_yaxes(title_text="loss", range=[0, 1.25 * float(tried.y[0])])
    if suggestion:
        drawn.add_vline(suggestion, line={"color": tried.colour, "dash": "dash"})
        drawn.add_annotation(x=math.log10(suggestion), y=1, yref="paper", xanchor="left", yanchor="top", showarrow=False,
                             text=f"{suggestion:g}")  # Plotly takes the logarithm of a line's place, and not of a text's
    return drawn


def omissions(lines: Sequence[Curve], *, log_x: bool = False, log_y: bool = False, zooms: bool = False) -> str:
    """What the chart of these lines leaves out, in plain sentences; empty where it shows all that was logged. `zooms` where
    it shows more of what a person zooms into."""
    sentences = []
    kept = [len(line.x) if line.kept is None else line.kept for line in lines]
    shown, logged = sum(kept), sum(max(line.logged, own) for line, own in zip(lines, kept, strict=True))
    if shown < logged:
        sentences.append(f"Shows {shown:,} of {logged:,} logged points, picked so that the lines look the same"
                         + (": zoom in to see more." if zooms else "."))
    hidden = sum(int(np.sum((log_x & (line.x <= 0)) | (log_y & (line.y <= 0)))) for line in lines)
    if hidden:
        points = "1 point at or below zero has" if hidden == 1 else f"{hidden:,} points at or below zero have"
        sentences.append(f"{points} no place on a logarithmic axis.")
    return " ".join(sentences)


def time_unit(seconds: float) -> tuple[float, str]:
    """The unit that suits a span: how many seconds it has, and its name."""
    for size, name in ((86_400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return size, name
    return 1.0, "seconds"
