"""Figures of a classifier of rows of numbers: its plane, its features' say, and its activations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import ImageColor

from core.plots.style import BLUE, ORANGE, class_colour

GROUND = {False: (255, 255, 255), True: (22, 27, 33)}  # what an answer fades into where it is mere guessing
INK, RIM = {False: "#1B2026", True: "#F2F5F7"}, {False: "#FFFFFF", True: "rgba(255,255,255,0.5)"}
DEEPEST = {False: 0.55, True: 0.4}  # share of its class's colour where the model is sure: the points have to stand out
NAMED = 32  # characters of a feature's name that have room beside a bar


def tints(chances: np.ndarray, dark: bool) -> np.ndarray:
    """Colours, uint8 `(rows, columns, 3)`, of chances `(rows, columns, classes)`: the likeliest class's, which fades into
    the ground the nearer its chance is to guessing."""
    classes = chances.shape[2]
    sure = (chances.max(2, keepdims=True) - 1 / classes) / (1 - 1 / classes)
    colours = np.array([ImageColor.getrgb(class_colour(i)) for i in range(classes)], float)[chances.argmax(2)]
    ground = np.array(GROUND[dark], float)
    return (ground + DEEPEST[dark] * sure * (colours - ground)).round().astype(np.uint8)


def plane(
    where: tuple[float, float, float, float], chances: np.ndarray, points: np.ndarray, targets: np.ndarray,
    wrong: np.ndarray, asked: tuple[float, float], *, features: Sequence[str], classes: Sequence[str],
    border: Sequence[np.ndarray], lines: Sequence[np.ndarray], picked: Sequence[np.ndarray], dark: bool,
) -> go.Figure:
    """The plane in its classes' tints, the border, the points on it and the one that the person asks about.

    Arguments: `where`: left, right, bottom and top; `chances` `(rows, columns, classes)` over it, lowest row first; `points`
    `(n, 2)` with `targets` and whether they are taken for another class, `(n,)` each; `border`, `lines` (where neurons turn)
    and `picked` (where one of them does): lines of x and y, `(points, 2)` each.
    """
    left, right, bottom, top = where
    rows, columns = chances.shape[:2]
    figure = go.Figure(go.Image(
        z=tints(chances, dark), x0=left, dx=(right - left) / (columns - 1), y0=bottom, dy=(top - bottom) / (rows - 1),
        zsmooth="fast", hoverinfo="none",  # it can be clicked all the same
    ))
    for some, opacity, style in ((lines, 0.3, {"width": 1}), (picked, 1, {"width": 2.5, "dash": "dot"}),
                                 (border, 1, {"width": 2.5})):
        x, y = joined(some)
        figure.add_scatter(x=x, y=y, mode="lines", line={"color": INK[dark]} | style, opacity=opacity, hoverinfo="skip",
                           showlegend=False)
    for number, name in enumerate(classes):
        mine = targets == number
        figure.add_scatter(
            x=points[mine, 0], y=points[mine, 1], mode="markers", name=name, customdata=np.flatnonzero(mine)[:, None],
            marker={"color": class_colour(number), "size": np.where(wrong[mine], 10, 7),
                    "line": {"width": np.where(wrong[mine], 2, 1), "color": np.where(wrong[mine], INK[dark], RIM[dark])}},
            hovertemplate=f"{name}<br>{features[0]} %{{x:.3g}}, {features[1]} %{{y:.3g}}<extra></extra>",
        )
    figure.add_scatter(
        x=[asked[0]], y=[asked[1]], mode="markers", showlegend=False, hoverinfo="skip",
        marker={"symbol": "circle-cross-open", "size": 20, "color": INK[dark], "line": {"width": 2.5}},
    )
    figure.update_layout(margin={"l": 4, "r": 4, "t": 30, "b": 4}, hovermode="closest", hoverdistance=8, dragmode=False,
                         legend={"itemsizing": "constant"})
    bare = {"showgrid": False, "zeroline": False, "fixedrange": True, "constrain": "domain"}
    figure.update_xaxes(bare, range=[left, right], title_text=features[0])
    # A square whatever the features' scales: the picture's squares of one unit each would stretch it.
    figure.update_yaxes(bare, range=[bottom, top], title_text=features[1], scaleanchor="x",
                        scaleratio=(right - left) / (top - bottom))
    return figure


def joined(lines: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Lines `(points, 2)` as one, with gaps between them."""
    gap = np.full((1, 2), np.nan)
    parts = [part for line in lines for part in (line, gap)]
    whole = np.concatenate(parts) if parts else gap
    return whole[:, 0], whole[:, 1]


def say(features: Sequence[str], values: np.ndarray, most: int) -> go.Figure:
    """Bars of how much each feature spoke for (above 0) or against an answer: the `most` strongest, strongest first."""
    order = np.argsort(-np.abs(values), kind="stable")[:most]
    named = [features[i] if len(features[i]) <= NAMED else features[i][: NAMED - 1] + "…" for i in order]
    figure = go.Figure(go.Bar(
        x=values[order], y=[features[i] for i in order], orientation="h",
        marker={"color": [BLUE if values[i] > 0 else ORANGE for i in order]},
        hovertemplate="%{y}: %{x:+.3g}<extra></extra>",
    ))
    figure.update_layout(margin={"l": 4, "r": 8, "t": 0, "b": 4}, hovermode="closest", showlegend=False, bargap=0.3)
    figure.update_xaxes(showticklabels=False, zeroline=True, showgrid=False, fixedrange=True)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, fixedrange=True, ticklabelstandoff=6,
                        tickmode="array", tickvals=[features[i] for i in order], ticktext=named)
    return figure


def activation(
    curve: tuple[np.ndarray, np.ndarray, np.ndarray], sums: np.ndarray, answers: np.ndarray, picked: int, dark: bool
) -> go.Figure:
    """An activation and its slope, with a layer's neurons on it: what each adds up, `(neurons,)`, and what it answers."""
    places, values, slopes = curve
    figure = go.Figure([
        go.Scatter(x=places, y=values, mode="lines", name="activation", line={"color": BLUE, "width": 2.5}),
        go.Scatter(x=places, y=slopes, mode="lines", name="its slope", line={"color": ORANGE, "dash": "dash"}),
        go.Scatter(x=sums, y=answers, mode="markers", name="neurons", customdata=np.arange(len(sums)),
                   marker={"color": INK[dark], "size": 7, "opacity": 0.35},
                   hovertemplate="neuron %{customdata}: %{x:.3g} becomes %{y:.3g}<extra></extra>"),
        go.Scatter(x=sums[[picked]], y=answers[[picked]], mode="markers", showlegend=False, hoverinfo="skip",
                   marker={"color": INK[dark], "size": 13, "symbol": "circle-open", "line": {"width": 3}}),
    ])
    figure.update_layout(margin={"l": 4, "r": 4, "t": 30, "b": 4}, hovermode="closest", dragmode=False)
    figure.update_xaxes(title_text="what a neuron adds up", fixedrange=True)
    figure.update_yaxes(title_text="what it answers", fixedrange=True)
    return figure
