"""Figures of a whole split: where a layer puts its examples, and how far a classifier can be taken at its word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import torch.nn.functional as F
from plotly.subplots import make_subplots
from torch import Tensor

from core.plots.confusion import confusion
from core.plots.style import ORANGE, PALETTE, template

SYMBOLS = ("circle", "diamond", "square", "triangle-up", "star", "hexagon")
THUMBNAIL = 48  # pixels of a side, of pictures under the pointer
LISTED = 20  # classes up to which a legend has room for their names


def plane(
    points: np.ndarray, targets: np.ndarray, guesses: np.ndarray, classes: Sequence[str], words: Sequence[str], picked: int,
    dark: bool, pictured: bool,
) -> go.Figure:
    """Examples in two dimensions, coloured by class; those answered wrongly have a rim, and the `picked` one a ring.

    Arguments: `points` `(n, 2)`; `targets` and `guesses` `(n,)`; `words`, what is said of each under the pointer: by
    Plotly, unless they are `pictured`; `picked`, the number of one of them, or -1.
    """
    ink = template(dark).layout.font.color
    figure = go.Figure()
    for i in np.unique(targets):
        for wrong in (False, True):
            mine = np.flatnonzero((targets == i) & ((guesses != i) == wrong))
            figure.add_scatter(
                x=points[mine, 0], y=points[mine, 1], mode="markers", name=classes[i], legendgroup=classes[i],
                marker={"color": PALETTE[i % len(PALETTE)], "symbol": SYMBOLS[i // len(PALETTE) % len(SYMBOLS)], "size": 7,
                        "opacity": 0.8, "line": {"color": ink, "width": 1.5 if wrong else 0}},
                customdata=[[int(one), words[one]] for one in mine], hoverinfo="none" if pictured else None,
                hovertemplate=None if pictured else "%{customdata[1]}<extra></extra>", showlegend=not wrong,
            )
    if picked >= 0:
        figure.add_scatter(x=points[[picked], 0], y=points[[picked], 1], mode="markers", hoverinfo="skip", showlegend=False,
                           marker={"symbol": "circle-open", "size": 18, "color": ink, "line": {"width": 2.5}})
    bare = {"showticklabels": False, "zeroline": False}
    figure.update_xaxes(bare)
    figure.update_yaxes(bare, scaleanchor="x")
    return figure.update_layout(hovermode="closest", showlegend=len(classes) <= LISTED, legend_itemsizing="constant")


def thumbnails(images: Tensor, columns: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Pictures uint8 `(n, channels, height, width)` in rows of `columns` as one, uint8 `(height, width, 3)`, shrunk where
    they are large; and the width and height of each."""
    shrink = min(1.0, THUMBNAIL / max(images.shape[2:]))
    if shrink < 1:
        size = tuple(max(1, round(side * shrink)) for side in images.shape[2:])
        images = F.adaptive_avg_pool2d(images.float(), size).round().byte()
    n, channels, height, width = images.shape
    rows = -(-n // columns)
    cells = np.zeros((rows * columns, channels, height, width), np.uint8)
    cells[:n] = images.numpy()
    sheet = cells.reshape(rows, columns, channels, height, width).transpose(0, 3, 1, 4, 2)  # rows, height, columns, width
    return np.broadcast_to(sheet, (*sheet.shape[:4], 3)).reshape(rows * height, columns * width, 3), (width, height)


def confusion_with(counts: np.ndarray, classes: Sequence[str], true: int, guess: int) -> go.Figure:
    """The confusion matrix with a frame around the cell of a true class and an answer."""
    return confusion(counts, classes).add_shape(
        type="rect", x0=guess - 0.5, x1=guess + 0.5, y0=true - 0.5, y1=true + 0.5, line={"color": ORANGE, "width": 3})


def reliability(count: np.ndarray, said: np.ndarray, right: np.ndarray, colour: str) -> go.Figure:
    """The reliability diagram (DeGroot and Fienberg 1983): how often answers are right, by how sure they are, and below how
    many there are. All `(bins,)`."""
    bins = len(count)
    there = np.flatnonzero(count)
    middles, edges = (there + 0.5) / bins, [f"{100 * i / bins:.0f} to {100 * (i + 1) / bins:.0f} %" for i in there]
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=[0.75, 0.25], vertical_spacing=0.06)
    figure.add_bar(
        x=middles, y=right[there], width=0.9 / bins, marker={"color": colour, "opacity": 0.75}, name="what came true",
        customdata=list(zip(edges, 100 * said[there], 100 * right[there], count[there], strict=True)),
        hovertemplate="sure by %{customdata[0]}, %{customdata[1]:.1f} % on the mean<br>right %{customdata[2]:.1f} % of the "
                      "time<br>%{customdata[3]:,} answers<extra></extra>",
    )
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dash", "color": "#7A858F"}, hoverinfo="skip",
                       name="as often right as it says")
    figure.add_bar(x=middles, y=count[there] / count.sum(), width=0.9 / bins, marker={"color": colour, "opacity": 0.4},
                   showlegend=False, hovertemplate="%{y:.1%} of all answers<extra></extra>", row=2, col=1)
    figure.update_xaxes(range=[0, 1], tickformat="~%")
    figure.update_xaxes(title_text="how sure it says it is", row=2, col=1)
    figure.update_yaxes(range=[0, 1], tickformat="~%", title_text="how often it is right", row=1, col=1)
    figure.update_yaxes(tickformat="~%", title_text="answers", nticks=3, row=2, col=1)
    return figure.update_layout(hovermode="closest", barmode="overlay")
