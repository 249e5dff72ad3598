"""Figures of a text that a language model reads and writes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.plots.inside import coloured
from core.plots.style import ORANGE
from core.tasks.pictures import MOST_BITS

LIKELIEST = 12
_SIGNS = str.maketrans({" ": "␣", "\n": "⏎", "\t": "⇥"})


def visible(characters: Sequence[str]) -> list[str]:
    """Characters, or pieces of words, as a person can see each of them: blanks, line ends and tabs as signs of their own."""
    return [character.translate(_SIGNS) for character in characters]


def grounds(bits: np.ndarray, dark: bool) -> list[tuple[str, str] | None]:
    """A ground and an ink, as CSS colours, for each character by its `bits` of surprise `(n,)`; None where that is NaN."""
    colours = coloured(np.nan_to_num(bits).clip(0, MOST_BITS)[None], dark, MOST_BITS, signed=False)[0]  # (n, 3)
    bright = colours @ np.array([0.299, 0.587, 0.114]) > 140
    return [
        None if np.isnan(surprise) else ("rgb({},{},{})".format(*colour), "#14181c" if light else "#fff")
        for surprise, colour, light in zip(bits, colours.tolist(), bright, strict=True)
    ]


def next_characters(vocabulary: Sequence[str], chances: np.ndarray, stands: int, colour: str) -> go.Figure:
    """The likeliest characters at a place as bars, `chances` `(vocabulary,)`; the one that `stands` there in orange, and
    last where it is not among them."""
    order = np.argsort(-chances, kind="stable")[:LIKELIEST]
    if stands not in order:
        order[-1] = stands
    shares, names = chances[order], visible([vocabulary[i] for i in order])
    figure = go.Figure(go.Bar(
        x=shares, y=names, orientation="h", text=[f"{100 * share:.1f} %" for share in shares], textposition="outside",
        cliponaxis=False, marker={"color": [ORANGE if i == stands else colour for i in order]},
        hovertemplate="%{y}: %{x:.3%}<extra></extra>",
    ))
    figure.update_layout(margin={"l": 4, "r": 56, "t": 0, "b": 0}, hovermode="closest", showlegend=False, bargap=0.3)
    figure.update_xaxes(range=[0, max(float(shares.max()), 0.02)], visible=False, fixedrange=True)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, fixedrange=True, tickfont={"size": 14},
                        ticklabelstandoff=6)
    return figure


def looks_back(attention: np.ndarray, seen: Sequence[str]) -> go.Figure:
    """What each head attends to of the characters `seen`: `attention` `(layers, heads, seen)`, a row for each head."""
    layers, heads, count = attention.shape
    names = [f"{layer}.{head}" for layer in range(1, layers + 1) for head in range(1, heads + 1)]
    characters = visible(seen)
    figure = go.Figure(go.Heatmap(
        z=attention.reshape(layers * heads, count), x=list(range(count)), y=names, zmin=0, zmax=float(attention.max()),
        xgap=1, ygap=1, showscale=False, customdata=[characters] * len(names),
        hovertemplate="Head %{y} gives “%{customdata}”<br>%{z:.1%} of its attention<extra></extra>",
    ))
    for layer in range(1, layers):
        figure.add_hline(layer * heads - 0.5, line={"width": 3, "color": "rgba(127,127,127,0.6)"})
    figure.update_layout(margin={"l": 8, "r": 8, "t": 34, "b": 8}, hovermode="closest", dragmode=False)
    figure.update_xaxes(side="top", tickvals=list(range(count)), ticktext=characters, tickangle=0, showgrid=False,
                        fixedrange=True)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, fixedrange=True)
    return figure
