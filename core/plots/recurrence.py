"""Figures of a recurrent network that reads: its cells word by word, and how far back it still sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.plots.style import BLUE, DIVERGING, ORANGE, SEQUENTIAL

LABELLED = 64  # a sentence of no more tokens has each written at its place


def activity(
    values: np.ndarray, tokens: Sequence[str], cells: Sequence[int], picked: int, dark: bool, accent: str
) -> go.Figure:
    """Some cells (rows) over the tokens (columns): `values` `(cells, tokens)` of -1..1, or of 0..1 for a gate. The row of
    the cell `picked` is framed."""
    signed, places = bool(values.min() < 0), list(range(len(tokens)))
    most = max(1.0, float(np.abs(values).max()))
    figure = go.Figure(go.Heatmap(
        z=values, x=places, y=list(range(len(cells))), zmin=-most if signed else 0, zmax=most, ygap=1, showscale=False,
        colorscale=(DIVERGING if signed else SEQUENTIAL)[dark],
        customdata=[[(cell, token) for token in tokens] for cell in cells],
        hovertemplate="cell %{customdata[0]} at “%{customdata[1]}”: %{z:.2f}<extra></extra>",
    ))
    if picked in cells:
        row = list(cells).index(picked)
        figure.add_shape(type="rect", x0=-0.5, x1=len(tokens) - 0.5, y0=row - 0.5, y1=row + 0.5,
                         line={"color": accent, "width": 2})
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0}, hovermode="closest", dragmode=False)
    bare = {"showgrid": False, "zeroline": False, "fixedrange": True}
    figure.update_xaxes(tickvals=places, ticktext=list(tokens), tickangle=-50, side="top",
                        showticklabels=len(tokens) <= LABELLED, **bare)
    figure.update_yaxes(tickvals=list(range(len(cells))), ticktext=[str(cell) for cell in cells], autorange="reversed",
                        tickfont={"size": 10}, title_text="cell", **bare)
    return figure


def marked(values: np.ndarray, marks: Sequence[int]) -> go.Figure:
    """Values `(length,)` step by step, those at `marks` in full colour and all others faint."""
    is_marked = np.isin(np.arange(len(values)), marks)
    figure = go.Figure(go.Bar(
        x=np.arange(1, len(values) + 1), y=values, hovertemplate="step %{x}: %{y:.3f}<extra></extra>",
        marker={"color": np.where(is_marked, ORANGE, BLUE).tolist(), "opacity": np.where(is_marked, 1.0, 0.3).tolist()},
    ))
    figure.update_layout(margin={"l": 0, "r": 0, "t": 8, "b": 0}, hovermode="closest", dragmode=False, bargap=0.25,
                         showlegend=False)
    figure.update_xaxes(showgrid=False, fixedrange=True, title_text="step")
    figure.update_yaxes(range=[0, 1], fixedrange=True, nticks=3)
    return figure


def recalled(chances: np.ndarray, vocabulary: Sequence[str], asked: str) -> go.Figure:
    """The chance of each symbol (rows) at each place (columns), `(places, vocabulary)`, with a frame around what was
    `asked`."""
    places = list(range(len(asked)))
    figure = go.Figure(go.Heatmap(
        z=chances.T, x=places, y=list(range(len(vocabulary))), zmin=0, zmax=1, xgap=1, ygap=1, showscale=False,
        customdata=[[(place + 1, symbol) for place in places] for symbol in vocabulary],
        hovertemplate="“%{customdata[1]}” at place %{customdata[0]}: %{z:.1%}<extra></extra>",
    ))
    for place, symbol in enumerate(asked):
        row = list(vocabulary).index(symbol)
        figure.add_shape(type="rect", x0=place - 0.5, x1=place + 0.5, y0=row - 0.5, y1=row + 0.5,
                         line={"color": ORANGE, "width": 2})
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0}, hovermode="closest", dragmode=False)
    bare = {"showgrid": False, "zeroline": False, "fixedrange": True}
    figure.update_xaxes(tickvals=places, ticktext=list(asked), side="top", **bare)
    figure.update_yaxes(tickvals=list(range(len(vocabulary))), ticktext=list(vocabulary), autorange="reversed", **bare)
    return figure


def reach(shares: np.ndarray, tokens: Sequence[str], colour: str, least: float = 1e-6) -> go.Figure:
    """How much the last state depends on each token, `(tokens,)`, as shares of the most, on a scale of powers of ten down to
    `least`."""
    places = list(range(len(tokens)))
    figure = go.Figure(go.Bar(
        x=places, y=np.maximum(shares, least), marker={"color": colour}, customdata=list(zip(tokens, shares, strict=True)),
        hovertemplate="“%{customdata[0]}”: %{customdata[1]:.3g} of the most<extra></extra>",
    ))
    figure.update_layout(margin={"l": 0, "r": 0, "t": 8, "b": 0}, hovermode="closest", dragmode=False, bargap=0.25,
                         showlegend=False)
    figure.update_xaxes(tickvals=places, ticktext=list(tokens), tickangle=-50, showgrid=False, fixedrange=True,
                        showticklabels=len(tokens) <= LABELLED)
    figure.update_yaxes(type="log", range=[np.log10(least), 0.1], dtick=1, exponentformat="power", fixedrange=True,
                        title_text="share of the most")
    return figure
