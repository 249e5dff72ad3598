"""The confusion matrix: what was true, what the model said, how often."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.plots.style import DIVERGING

MOST_NUMBERS = 15  # classes up to which each cell has room for its count


def confusion(counts: np.ndarray, classes: Sequence[str]) -> go.Figure:
    """The matrix as a heat map; under the pointer, what a cell says in words.

    Arguments: `counts` whole numbers `(classes, classes)`, row = true class, column = guessed class; `classes`, their names.
    Shades follow the square root of a cell's share of its true class: a rare mistake stays visible beside the diagonal.
    """
    counts = np.asarray(counts)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)  # (classes, classes), of the true class
    words = [
        [f"{classes[t]} taken for {classes[g]}" if t != g else f"{classes[t]} recognised" for g in range(len(classes))]
        for t in range(len(classes))
    ]
    figure = go.Figure(go.Heatmap(
        z=np.sqrt(share), x=list(classes), y=list(classes), zmin=0, zmax=1, showscale=False, xgap=2, ygap=2,
        text=np.where(counts > 0, counts.astype(str), "") if len(classes) <= MOST_NUMBERS else None,
        texttemplate="%{text}" if len(classes) <= MOST_NUMBERS else None,
        customdata=np.dstack([np.array(words, object), counts, 100 * share]),
        hovertemplate="%{customdata[0]}: %{customdata[1]} (%{customdata[2]:.1f} % of its class)<extra></extra>",
    ))
    return _square(figure)


def confusion_difference(first: np.ndarray, second: np.ndarray, classes: Sequence[str], dark: bool) -> go.Figure:
    """How the second matrix differs from the first, both counts `(classes, classes)`: by how many per cent of a true class
    more or fewer are given that answer."""
    gap = [100 * np.asarray(counts) / np.maximum(np.sum(counts, 1, keepdims=True), 1) for counts in (first, second)]
    gap = gap[1] - gap[0]
    most = max(float(np.abs(gap).max()), 1e-9)
    numbers = [["" if abs(cell) < 0.5 else f"{cell:+.0f}" for cell in row] for row in gap]
    words = [[f"{true} as {guess}" if true != guess else f"{true} recognised" for guess in classes] for true in classes]
    return _square(go.Figure(go.Heatmap(
        z=gap, x=list(classes), y=list(classes), zmin=-most, zmax=most, showscale=False, xgap=2, ygap=2,
        colorscale=DIVERGING[dark], text=numbers if len(classes) <= MOST_NUMBERS else None,
        texttemplate="%{text}" if len(classes) <= MOST_NUMBERS else None, customdata=words,
        hovertemplate="%{customdata}: %{z:+.1f} % of the class<extra></extra>",
    )))


def _square(figure: go.Figure) -> go.Figure:
    # Names of digits are text here: without the type Plotly would take them for numbers.
    square = {"type": "category", "showgrid": False, "constrain": "domain"}
    figure.update_xaxes(square, title_text="the model says", constraintoward="left")
    figure.update_yaxes(square, title_text="it is", autorange="reversed", scaleanchor="x", constraintoward="top")
    return figure.update_layout(hovermode="closest", margin={"t": 8})
