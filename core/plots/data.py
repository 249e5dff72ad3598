"""Charts of a data set: how often each class occurs, and how long sentences are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.plots.style import BLUE, GREEN, ORANGE

COLOURS = {"train": BLUE, "validation": ORANGE, "test": GREEN}
MOST_NAMES = 40  # classes up to which the axis has room for their names


def class_balance(classes: Sequence[str], counts: Mapping[str, np.ndarray]) -> go.Figure:
    """One bar a class, made of its examples in each split. `counts`: by split, whole numbers `(classes,)`."""
    figure = go.Figure([
        go.Bar(name=split, x=list(classes), y=part, marker_color=COLOURS[split],
               hovertemplate=f"%{{y:,}} {split}<extra></extra>")
        for split, part in counts.items()
    ])
    # Names of digits are text here: without the type Plotly would take them for numbers.
    figure.update_xaxes(type="category", showgrid=False, showticklabels=len(classes) <= MOST_NAMES, tickmode="linear")
    figure.update_yaxes(title_text="examples", tickformat=",d", rangemode="tozero")
    gap = 0.25 if len(classes) <= MOST_NAMES else 0.05
    return figure.update_layout(barmode="stack", legend_traceorder="normal", bargap=gap)


def sentence_lengths(counts: np.ndarray) -> go.Figure:
    """How many training sentences have each length. `counts`: whole numbers `(length + 1,)`."""
    figure = go.Figure(go.Bar(
        x=np.arange(len(counts)), y=counts, marker_color=COLOURS["train"],
        hovertemplate="%{y:,} sentences of %{x} tokens<extra></extra>",
    ))
    figure.update_xaxes(title_text="tokens", showgrid=False)
    figure.update_yaxes(title_text="sentences", tickformat=",d", rangemode="tozero")
    return figure.update_layout(bargap=0.1, hovermode="closest", showlegend=False)
