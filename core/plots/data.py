"""Charts of a data set: how often each class occurs, how long sentences are, and how columns lie to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.plots.style import BLUE, GREEN, ORANGE, class_colour

COLOURS = {"train": BLUE, "validation": ORANGE, "test": GREEN}
MOST_NAMES = 40  # classes up to which the axis has room for their names


def class_balance(classes: Sequence[str], counts: Mapping[str, np.ndarray], unit: str = "examples") -> go.Figure:
    """One bar a class, made of its examples in each split. `counts`: by split, whole numbers `(classes,)`, of what `unit`
    says."""
    figure = go.Figure([
        go.Bar(name=split, x=list(classes), y=part, marker_color=COLOURS[split],
               hovertemplate=f"%{{y:,}} {split}<extra></extra>")
        for split, part in counts.items()
    ])
    # Names of digits are text here: without the type Plotly would take them for numbers.
    figure.update_xaxes(type="category", showgrid=False, showticklabels=len(classes) <= MOST_NAMES, tickmode="linear")
    figure.update_yaxes(title_text=unit, tickformat=",d", rangemode="tozero")
    gap = 0.25 if len(classes) <= MOST_NAMES else 0.05
    return figure.update_layout(barmode="stack", legend_traceorder="normal", bargap=gap)


def sentence_lengths(counts: np.ndarray, unit: str = "sentences") -> go.Figure:
    """How many training sentences have each length. `counts`: whole numbers `(length + 1,)`, of what `unit` says."""
    figure = go.Figure(go.Bar(
        x=np.arange(len(counts)), y=counts, marker_color=COLOURS["train"],
        hovertemplate=f"%{{y:,}} {unit} of %{{x}} tokens<extra></extra>",
    ))
    figure.update_xaxes(title_text="tokens", showgrid=False)
    figure.update_yaxes(title_text=unit, tickformat=",d", rangemode="tozero")
    return figure.update_layout(bargap=0.1, hovermode="closest", showlegend=False)


def durations(seconds: np.ndarray) -> go.Figure:
    """How many training sounds last how long. `seconds`: `(n,)`."""
    figure = go.Figure(go.Histogram(
        x=seconds, nbinsx=60, marker_color=COLOURS["train"], hovertemplate="%{y:,} sounds of %{x} s<extra></extra>",
    ))
    figure.update_xaxes(title_text="seconds", showgrid=False, rangemode="tozero")
    figure.update_yaxes(title_text="sounds", tickformat=",d", rangemode="tozero")
    return figure.update_layout(bargap=0.1, hovermode="closest", showlegend=False)


def columns(
    values: np.ndarray, targets: np.ndarray, features: Sequence[str], classes: Sequence[str]
) -> go.Figure:
    """Two columns of a table against each other, `(n, 2)`, each row in the colour of its class."""
    figure = go.Figure([
        go.Scatter(
            x=values[targets == number, 0], y=values[targets == number, 1], mode="markers", name=name,
            marker={"color": class_colour(number), "size": 7, "opacity": 0.75},
            hovertemplate=f"{name}<br>{features[0]} %{{x:.4g}}<br>{features[1]} %{{y:.4g}}<extra></extra>",
        ) for number, name in enumerate(classes)
    ])
    figure.update_layout(hovermode="closest", margin={"l": 8, "r": 8, "t": 30, "b": 8}, legend={"itemsizing": "constant"})
    figure.update_xaxes(title_text=features[0])
    figure.update_yaxes(title_text=features[1])
    return figure
