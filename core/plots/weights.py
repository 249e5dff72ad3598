"""Weights as pictures, and what is done with them: kernels, their histogram, a convolution's products, pooling's windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageDraw

from core.plots.inside import coloured, enlarged


def are_levels(values: np.ndarray) -> bool:
    """Whether weights are pictures as they stand, like prototypes: no number outside 0 to 1, but for rounding."""
    return bool(values.min() > -1e-3 and values.max() < 1 + 1e-3)


def seen(values: np.ndarray, number: int, dark: bool) -> np.ndarray:
    """One of the pictures `(n, channels, height, width)` that weights make, uint8 `(height, width[, 3])`.

    Levels are drawn as they are; else grey ones in two hues around zero, and those in colour around
    middle grey. All are as strong as the strongest of their own numbers allows.
    """
    one = values[number]
    most = float(np.abs(one).max()) or 1.0
    if are_levels(values):
        levels = one.clip(0, 1)
    elif len(one) == 1:
        return coloured(one[0], dark, most, signed=True)
    else:
        levels = one / most / 2 + 0.5
    drawn = (levels * 255).round().astype(np.uint8).transpose(1, 2, 0)  # (height, width, channels)
    return drawn[:, :, 0] if drawn.shape[2] == 1 else drawn


def grid(values: np.ndarray, dark: bool) -> np.ndarray:
    """Kernels `(rows, columns, height, width)`, clear between them where they are no single weights: uint8 RGBA, with at
    least 700 pixels on its longer side."""
    rows, columns, height, width = values.shape
    gap = 1 if height * width > 1 else 0
    sheet = np.zeros((rows, columns, height + gap, width + gap, 4), np.uint8)
    flat = values.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
    colours = coloured(flat, dark, float(np.abs(values).max()), signed=True)
    sheet[:, :, :height, :width, :3] = colours.reshape(rows, height, columns, width, 3).transpose(0, 2, 1, 3, 4)
    sheet[:, :, :height, :width, 3] = 255
    whole = sheet.transpose(0, 2, 1, 3, 4).reshape(rows * (height + gap), columns * (width + gap), 4)
    zoom = -(-700 // max(whole.shape[:2]))
    return whole.repeat(zoom, 0).repeat(zoom, 1)


def histogram(values: np.ndarray, colour: str, bins: int = 60) -> go.Figure:
    """How many of the weights lie where."""
    counts, edges = np.histogram(values, bins)
    middle = (edges[:-1] + edges[1:]) / 2
    figure = go.Figure(go.Bar(x=middle, y=counts, marker={"color": colour, "cornerradius": 0},
                              hovertemplate="around %{x:.3g}: %{y:,} weights<extra></extra>"))
    figure.update_layout(bargap=0.05, margin={"l": 8, "r": 8, "t": 8, "b": 8}, hovermode="closest", dragmode=False)
    figure.update_xaxes(title="weight", fixedrange=True)
    figure.update_yaxes(fixedrange=True, title="number")
    return figure


def boxed(image: np.ndarray, box: tuple[int, int, int, int] | None, longest: int, accent: str) -> np.ndarray:
    """A picture as in `enlarged`, uint8 `(height, width, 3)`, with a frame around `(top, left, bottom, right)`."""
    large = enlarged(image, longest)
    zoom = large.shape[0] // image.shape[0]
    framed = Image.fromarray(large).convert("RGB")
    if box:
        top, left, bottom, right = (side * zoom for side in box)
        ImageDraw.Draw(framed).rectangle((left, top, right - 1, bottom - 1), outline=accent, width=max(2, longest // 50))
    return np.asarray(framed)


def marked(figure: go.Figure, rows: np.ndarray, columns: np.ndarray, kept: np.ndarray | None, accent: str) -> go.Figure:
    """A figure of values with what pooling keeps of them: a mark on each of the places `kept` `(n, 2)`, or, where that is
    None, frames around the blocks that `rows` `(h, 2)` and `columns` `(w, 2)` bound."""
    if kept is None:
        for top, bottom in rows:
            for left, right in columns:
                figure.add_shape(type="rect", x0=left - 0.5, x1=right - 0.5, y0=top - 0.5, y1=bottom - 0.5,
                                 line={"color": accent, "width": 1})
        return figure
    size = max(3, min(12, 140 // int(columns.max())))  # half of a place on a wide page, almost all of it on a phone
    return figure.add_scatter(x=kept[:, 1], y=kept[:, 0], mode="markers", hoverinfo="skip", marker={
        "symbol": "square-open", "color": accent, "size": size, "line": {"width": 1.5}})


def products(names: Sequence[str], patches: np.ndarray, kernels: np.ndarray, dark: bool) -> str:
    """For each of some input maps its patch, the kernel and their products, `(maps, height, width)`, as numbers on colours:
    HTML."""
    multiplied = patches * kernels
    most = [float(np.abs(each).max()) for each in (patches, kernels, multiplied)]
    rows = []
    for name, *grids in zip(names, patches, kernels, multiplied, strict=True):
        patch, kernel, product = (_numbers(each, dark, size) for each, size in zip(grids, most, strict=True))
        signs = "<span style='font-size:1.25rem'>{}</span>"
        rows.append(
            f"<div style='display:flex;align-items:center;gap:.5rem;margin-bottom:.75rem;width:max-content'>"
            f"<span style='width:3.25rem;font-size:.8125rem'>map {name}</span>{patch}{signs.format('×')}{kernel}"
            f"{signs.format('=')}{product}<span style='font-size:.875rem;white-space:nowrap'>sum "
            f"<b>{_signed(grids[2].sum())}</b></span></div>"
        )
    return f"<div style='overflow-x:auto' tabindex='0'>{''.join(rows)}</div>"


def _numbers(values: np.ndarray, dark: bool, most: float) -> str:
    colours = coloured(values, dark, most, signed=True)
    cells = []
    for value, colour in zip(values.flat, colours.reshape(-1, 3), strict=True):
        ink = "#14181c" if colour @ np.array([0.299, 0.587, 0.114]) > 140 else "#fff"
        cells.append(f"<span style='background:rgb({colour[0]},{colour[1]},{colour[2]});color:{ink};padding:.35em .3em;"
                     f"text-align:right'>{_signed(value)}</span>")
    return (f"<span style='display:inline-grid;grid-template-columns:repeat({values.shape[1]},3.6em);gap:1px;"
            f"font-size:.6875rem;font-variant-numeric:tabular-nums;line-height:1.2'>{''.join(cells)}</span>")


def _signed(value: float) -> str:
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")  # + 0.0: no minus before 0.00
