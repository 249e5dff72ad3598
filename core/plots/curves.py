"""Curves of measures over a run: smoothed as TensorBoard does it, along steps, epochs or time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import plotly.graph_objects as go

Axis = Literal["step", "epoch", "time"]
GREY = "#7A858F"  # holds on both themes
MARKED = 30  # a line of no more points shows them


@dataclass(frozen=True)
class Curve:
    """One line: `x` and `y` float64 `(n,)`, x rising. Along time `x` is in seconds.

    `logged`: how many points were logged, of which these are kept. `faint` draws it paler than its colour; `dash` is one
    of Plotly's names.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    colour: str
    dash: str = "solid"
    faint: bool = False
    logged: int = 0


def smoothed(values: np.ndarray, weight: float) -> np.ndarray:
    """Exponential moving average without its bias towards zero at the start, as TensorBoard draws it.

    `m[i] = weight * m[i-1] + (1 - weight) * values[i]`, shown as `m[i] / (1 - weight ** n)` with `n` values so far.
    Values that are no numbers stay as they are and count for nothing; a constant curve stays exactly constant.

    Arguments: `values` float64 `(n,)`; `weight` in 0..1, 0 changing nothing. Returns: float64 `(n,)`.
    Source: `resmoothDataset` in TensorBoard's `vz_line_chart2/line-chart.ts`.
    """
    values = np.asarray(values, np.float64)
    if weight <= 0 or len(values) == 0 or np.all(values == values[0]):
        return values.copy()
    shown, mean, seen = values.copy(), 0.0, 0
    for i, value in enumerate(values):
        if np.isfinite(value):
            mean, seen = weight * mean + (1 - weight) * value, seen + 1
            shown[i] = mean / (1 - weight**seen) if weight < 1 else mean
    return shown


def figure(
    lines: Sequence[Curve], *, axis: Axis = "step", smoothing: float = 0.0, log_x: bool = False, log_y: bool = False,
    percent: bool = False, title: str = "", legend: bool = False, level: tuple[float, str] | None = None,
) -> go.Figure:
    """A chart of the lines. Where they are smoothed, the raw ones stay behind, paler. `percent` writes 0.5 as 50 %;
    `level` is a value to hold them against, and its name."""
    last = max((float(line.x[-1]) for line in lines if len(line.x)), default=0.0)
    size, unit = time_unit(last) if axis == "time" else (1.0, "")
    drawn = go.Figure()
    for line in lines:
        pen = {"color": line.colour, "dash": line.dash}
        if smoothing > 0:
            drawn.add_scatter(x=line.x / size, y=line.y, mode="lines", line=pen | {"width": 1}, opacity=0.25,
                              hoverinfo="skip", showlegend=False)
        drawn.add_scatter(
            x=line.x / size, y=smoothed(line.y, smoothing), name=line.name, line=pen, opacity=0.5 if line.faint else 1,
            mode="lines+markers" if len(line.x) <= MARKED and not line.faint else "lines",
        )
    if level:
        value, name = level
        drawn.add_shape(
            type="line", xref="paper", x0=0, x1=1, y0=value, y1=value, line={"color": GREY, "dash": "dash", "width": 1.5},
            label={"text": name, "textposition": "end", "yanchor": "top", "font": {"size": 12, "color": GREY}},
        )
    number = ".1~%" if percent else ".4~g"
    return drawn.update_layout(
        title_text=title, showlegend=legend, margin_t=30 if title or legend else 8,
        legend={"x": 1, "xanchor": "right"},
        xaxis={"title": {"text": f"{axis} ({unit})" if unit else axis}, "type": "log" if log_x else "linear",
               "unifiedhovertitle": {"text": f"{axis} %{{x:,.6~g}} {unit}"}},
        yaxis={"type": "log" if log_y else "linear", "tickformat": "~%" if percent else "", "hoverformat": number,
               "rangemode": "nonnegative" if percent else "normal"},  # no share is below 0
    )


def range_test(tried: Curve, smoothing: float, suggestion: float | None) -> go.Figure:
    """The losses of a learning-rate range test, `tried` along the rates, with a line at the suggested rate."""
    drawn = figure([tried], smoothing=smoothing, log_x=True)
    drawn.update_xaxes(title_text="learning rate", unifiedhovertitle_text="learning rate %{x:.3~g}", exponentformat="power")
    # Where the loss bursts it leaves the chart at the top: it is the fall that is looked at.
    drawn.update_yaxes(title_text="loss", range=[0, 1.25 * float(tried.y[0])])
    if suggestion:
        drawn.add_vline(suggestion, line={"color": tried.colour, "dash": "dash"})
        drawn.add_annotation(x=math.log10(suggestion), y=1, yref="paper", xanchor="left", yanchor="top", showarrow=False,
                             text=f"{suggestion:g}")  # Plotly takes the logarithm of a line's place, and not of a text's
    return drawn


def omissions(lines: Sequence[Curve], *, log_x: bool = False, log_y: bool = False) -> str:
    """What the chart of these lines leaves out, in plain sentences; empty where it shows all that was logged."""
    sentences = []
    shown, logged = sum(len(line.x) for line in lines), sum(max(line.logged, len(line.x)) for line in lines)
    if shown < logged:
        sentences.append(f"Shows {shown:,} of {logged:,} logged points, spread evenly.")
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
