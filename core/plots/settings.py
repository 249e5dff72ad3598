"""Settings and metrics of many runs against one another. Categories keep their own names on every axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.plots.style import PALETTE, SEQUENTIAL, template, wrapped
from core.tracking.columns import Cells, Column

SIDE = 24  # characters of a name in one line beside an axis
LISTED = 12  # categories up to which a legend has room for them
Title = Callable[[str], str]


def _axis(column: Column, title: str) -> dict:
    if column.labels:
        return {"title": {"text": title}, "type": "category", "categoryorder": "array",
                "categoryarray": [wrapped(label, SIDE) for label in column.labels]}
    return {"title": {"text": title}, "type": "log" if column.logarithmic else "linear"}


def _shown(column: Column, kept: np.ndarray) -> list:
    if column.labels:
        return [wrapped(column.labels[int(value)], SIDE) for value in column.values[kept]]
    return column.values[kept].tolist()


def scatter(
    x: Column, y: Column, shade: Column | None, names: Sequence[str], colours: Sequence[str], title: Title, dark: bool,
) -> go.Figure:
    """Two columns against each other, a point a run, in the run's colour or by a third column. Runs that lack one of them
    are left out."""
    columns = [column for column in (x, y, shade) if column]
    known = ~np.any([np.isnan(column.values) for column in columns], axis=0)
    figure = go.Figure()

    def points(kept: np.ndarray, marker: dict, **more) -> None:
        words = [wrapped(names[i]) for i in kept]
        extra = [f"<br>{title(shade.name)}: {shade.text(i)}" if shade else "" for i in kept]
        figure.add_scatter(
            x=_shown(x, kept), y=_shown(y, kept), text=words, customdata=list(zip(extra, strict=True)), mode="markers",
            marker={"size": 9, "opacity": 0.8} | marker,
            hovertemplate="%{text}<br>" + f"{title(x.name)}: %{{x}}<br>{title(y.name)}: %{{y:.5~g}}%{{customdata[0]}}"
                          "<extra></extra>", **more)

    if shade is None:
        kept = np.flatnonzero(known)
        points(kept, {"color": [colours[i] for i in kept]}, showlegend=False)
    elif shade.labels:
        for number, label in enumerate(shade.labels):
            if len(kept := np.flatnonzero(known & (shade.values == number))):
                points(kept, {"color": PALETTE[number % len(PALETTE)], "symbol": number // len(PALETTE)},
                       name=wrapped(label, SIDE), showlegend=True)
    else:
        kept = np.flatnonzero(known)
        values = shade.values[kept]
        scale, ticks = _scale(shade, values)
        points(kept, {"color": scale, "colorscale": _seen(dark), "line": {"width": 1, "color": "#7A858F"},
                      "colorbar": {"title": {"text": wrapped(title(shade.name), 14), "side": "top"}, "thickness": 10,
                                   "outlinewidth": 0} | ticks}, showlegend=False)
    figure.update_xaxes(_axis(x, title(x.name)))
    figure.update_yaxes(_axis(y, title(y.name)))
    listed = shade is not None and 0 < len(shade.labels) <= LISTED
    return figure.update_layout(hovermode="closest", showlegend=listed, margin_t=36 if listed else 8)


def _seen(dark: bool) -> list[list]:
    """The scale of colours without its first, which vanishes on the page."""
    colours = [colour for _, colour in SEQUENTIAL[dark][1:]]
    return [[i / (len(colours) - 1), colour] for i, colour in enumerate(colours)]


def _scale(column: Column, values: np.ndarray) -> tuple[np.ndarray, dict]:
    """Numbers as a colour bar or an axis without a logarithmic type takes them, and the marks that say what they are."""
    if not column.logarithmic:
        return values, {}
    lowest, highest = np.log10(values.min()), np.log10(values.max())
    marks = np.unique(np.concatenate([[lowest, highest], np.arange(np.ceil(lowest), np.floor(highest) + 1)]))
    return np.log10(values), {"tickvals": marks, "ticktext": [f"{10**mark:.3g}" for mark in marks]}


def parallel(columns: Sequence[Column], names: Sequence[str], title: Title, dark: bool) -> tuple[go.Figure, int]:
    """Runs as lines through one axis a column, coloured by the last; and how many lack one and are left out."""
    kept = np.flatnonzero(~np.any([np.isnan(column.values) for column in columns], axis=0))
    if not len(kept):
        return go.Figure(), len(names)
    look = template(dark).layout
    dimensions = []
    for column in columns:
        values = column.values[kept]
        words = {"label": wrapped(title(column.name), 18)}
        if column.labels:
            marks = {"tickvals": list(range(len(column.labels))), "ticktext": [_short(label) for label in column.labels],
                     "range": [-0.3, len(column.labels) - 0.7]}
        elif len(np.unique(values)) <= 8:  # the values that were tried, rather than round numbers between them
            values, _ = _scale(column, values)
            tried = np.unique(values)
            marks = {"tickvals": tried, "ticktext": [f"{10**v:.4g}" if column.logarithmic else f"{v:.4g}" for v in tried]}
        else:
            values, marks = _scale(column, values)
        dimensions.append({"values": values} | words | marks)
    ink, faint = look.font.color, look.xaxis.tickfont.color
    figure = go.Figure(go.Parcoords(
        dimensions=dimensions, customdata=[names[i] for i in kept],
        line={"color": dimensions[-1]["values"], "colorscale": _seen(dark), "showscale": False},
        labelfont={"color": ink, "size": 12}, tickfont={"color": faint, "size": 11},
        rangefont={"color": "rgba(0,0,0,0)"}, unselected={"line": {"opacity": 0.1}},
    ))
    widest = max(map(len, dimensions[0].get("ticktext", ("12345",))))
    return figure.update_layout(margin={"t": 64, "b": 16, "l": 36 + 8 * min(widest, 28), "r": 60}), len(names) - len(kept)


def _short(label: str, most: int = 28) -> str:
    return label if len(label) <= most else label[: most - 1] + "…"


def heat(found: Cells, down: str, across: str, measured: str, dark: bool) -> go.Figure:
    """The mean of a metric by two settings; under the pointer, of how many runs."""
    runs = [[f"{count:,} run{'s' * (count != 1)}" for count in row] for row in found.counts.tolist()]
    figure = go.Figure(go.Heatmap(
        z=found.means, x=[wrapped(name, SIDE) for name in found.columns], y=[wrapped(name, SIDE) for name in found.rows],
        customdata=runs, text=runs, colorscale=SEQUENTIAL[dark], xgap=2, ygap=2, hoverongaps=False,
        texttemplate="%{z:.4~g}" if found.means.size <= 120 else None,
        colorbar={"title": {"text": wrapped(measured, 14)}, "thickness": 10, "outlinewidth": 0},
        hovertemplate=f"{down} %{{y}}, {across} %{{x}}<br>mean {measured}: %{{z:.5~g}}<br>%{{customdata}}<extra></extra>",
    ))
    # Numbers that were tried are names here: each has a cell of its own, however far apart they are.
    figure.update_xaxes(title_text=across, type="category", showgrid=False)
    figure.update_yaxes(title_text=down, type="category", showgrid=False)
    return figure.update_layout(hovermode="closest", margin_t=8)


def boxes(groups: Mapping[str, tuple[Sequence[float], Sequence[str]]], colours: Sequence[str], measured: str) -> go.Figure:
    """A box for the values of each group, the first on top, and a point for each run, which is named under the pointer."""
    figure = go.Figure()
    for (name, (values, runs)), colour in zip(groups.items(), colours, strict=True):
        label = wrapped(name, 30)
        figure.add_box(
            x=list(values), y=[label] * len(values), name=label, orientation="h", boxpoints="all", jitter=0.4, pointpos=0,
            text=[wrapped(run) for run in runs], marker={"color": colour, "size": 6}, line={"width": 1.5}, width=0.5,
            hovertemplate="%{text}<br>%{x:.5~g}<extra></extra>", showlegend=False,
        )
    figure.update_xaxes(title_text=measured)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, title_text="")
    return figure.update_layout(hovermode="closest", margin_t=8)


def bars(names: Sequence[str], share: np.ndarray, spread: np.ndarray) -> go.Figure:
    """The importance of settings as bars, the first on top, with one standard deviation to each side."""
    figure = go.Figure(go.Bar(
        x=100 * share, y=[wrapped(name, 30) for name in names], orientation="h", marker_color=PALETTE[0], width=0.6,
        error_x={"type": "data", "array": 100 * spread, "thickness": 1.5, "width": 4, "color": "#7A858F"},
        hovertemplate="%{y}: %{x:.1f} ± %{error_x.array:.1f} %<extra></extra>",
    ))
    figure.update_xaxes(title_text="share of the variance (%)", rangemode="tozero")
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return figure.update_layout(hovermode="closest", margin_t=8)
