"""Figures of a model's words: the map on which they lie, and how alike some are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.plots.style import DIVERGING, ORANGE, class_colour, template

APART = (0.06, 0.035)  # of the map's width and height, that the names on it keep from one another
LABELLED = 60  # names on the map: more hide what is below them


def word_map(
    points: np.ndarray, names: Sequence[str], kinds: Sequence[str], chances: np.ndarray | None, answer: str, picked: int,
    near: Sequence[int], dark: bool,
) -> go.Figure:
    """Words at `points` `(n, 2)`, the most frequent first, of which some bear their names, the `picked` one and those `near`
    it among them. Coloured by the `chances` `(n,)` of the `answer`, or else by their kind."""
    ink = template(dark).layout.font.color
    figure = go.Figure()
    groups = {kind: [i for i, one in enumerate(kinds) if one == kind] for kind in dict.fromkeys(kinds)}
    if chances is not None:
        groups = {"": list(range(len(points)))}
    for number, (kind, mine) in enumerate(groups.items()):
        marker = {"size": 7, "opacity": 0.8, "line": {"color": "#7A858F", "width": 0.5}}
        told = [names[i] for i in mine]
        if chances is None:
            marker["color"] = class_colour(number)
        else:
            marker |= {"color": chances, "cmin": 0, "cmax": 1, "colorscale": DIVERGING[dark],
                       "colorbar": {"title": {"text": answer, "side": "right"}, "tickformat": ".0%", "thickness": 10,
                                    "outlinewidth": 0, "len": 0.6}}
            told = [f"{name}<br>{answer} {100 * chance:.0f} %" for name, chance in zip(names, chances, strict=False)]
        figure.add_scatter(
            x=points[mine, 0], y=points[mine, 1], mode="markers", name=kind, marker=marker,
            customdata=list(zip(mine, told, strict=True)), hovertemplate="%{customdata[1]}<extra></extra>",
            showlegend=chances is None,
        )
    for some, size, colour in ((_apart(points, [picked, *near]), 11, ink), (list(near), 13, ORANGE), ([picked], 15, ORANGE)):
        figure.add_scatter(x=points[some, 0], y=points[some, 1], mode="text", text=[names[i] for i in some],
                           textposition="top center", textfont={"size": size, "color": colour}, hoverinfo="skip",
                           showlegend=False)
    shown = [picked, *near]
    figure.add_scatter(
        x=points[shown, 0], y=points[shown, 1], mode="markers", hoverinfo="skip", showlegend=False,
        marker={"symbol": "circle-open", "size": [16 if i == picked else 11 for i in shown], "color": ORANGE,
                "line": {"width": 2}},
    )
    bare = {"showticklabels": False, "zeroline": False}
    figure.update_xaxes(bare)
    figure.update_yaxes(bare, scaleanchor="x")
    return figure.update_layout(hovermode="closest", legend_itemsizing="constant")


def _apart(points: np.ndarray, taken: Sequence[int]) -> list[int]:
    """Words whose names have room on the map beside those that are `taken`, the most frequent first."""
    room = np.ptp(points, 0) * APART
    placed = [points[i] for i in taken]
    found = []
    for i, point in enumerate(points):
        if len(found) < LABELLED and (np.abs(np.array(placed) - point) > room).any(1).all():
            placed.append(point)
            found.append(i)
    return found


def likeness(names: Sequence[str], cosines: Sequence[float], colour: str) -> go.Figure:
    """The cosines of some words with another, as bars."""
    figure = go.Figure(go.Bar(
        x=list(cosines), y=list(range(len(names))), orientation="h", text=[f"{cosine:.2f}" for cosine in cosines],
        textposition="outside", cliponaxis=False, marker={"color": colour}, customdata=[[name] for name in names],
        hovertemplate="%{customdata[0]}: %{x:.3f}<extra></extra>",
    ))
    figure.update_layout(margin={"l": 4, "r": 40, "t": 0, "b": 0}, bargap=0.3, hovermode="closest", dragmode=False)
    figure.update_xaxes(range=[min(0.0, *cosines), 1], visible=False, fixedrange=True)
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=list(names), autorange="reversed", showgrid=False,
                        fixedrange=True, ticklabelstandoff=6)
    return figure
