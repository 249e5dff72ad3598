"""One style for every figure: fonts, grid, hover, and the colours that data wear.

Colours: Okabe and Ito 2008, "Color Universal Design", told apart by every kind of colour vision.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from functools import cache

import plotly.graph_objects as go

BLUE, SKY, GREEN, ORANGE, VERMILLION, PURPLE = "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7"
# Okabe and Ito's yellow vanishes on white and their black on black: a run needs a colour that holds on both.
PALETTE = (BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "2px,7px", "longdashdot", "9px,3px,2px,3px,2px,3px")

FONT = "Inter, Inter Variable, system-ui, -apple-system, Segoe UI, Roboto, sans-serif"
SEQUENTIAL = {
    False: [[0.0, "#F4F7F9"], [0.25, "#BBDCF0"], [0.5, "#6DB4DE"], [0.75, "#1F84BF"], [1.0, "#0A3D62"]],
    True: [[0.0, "#141A20"], [0.25, "#11405F"], [0.5, "#1272A9"], [0.75, "#56B4E9"], [1.0, "#E3F3FC"]],
}
DIVERGING = {
    False: [[0.0, "#8F3B00"], [0.25, "#E08A4E"], [0.5, "#F6F6F4"], [0.75, "#5AA5D3"], [1.0, "#00466E"]],
    True: [[0.0, "#FFA366"], [0.25, "#A64B0A"], [0.5, "#161B21"], [0.75, "#0F67A0"], [1.0, "#7CC7F2"]],
}


@cache
def template(dark: bool) -> go.layout.Template:
    """The Plotly template of the light or the dark theme. Paper and plot are transparent, so that the page shows through."""
    ink, faint, line, card = (
        ("#E4E8EC", "#98A2AD", "#262D35", "#1B2128") if dark else ("#1B2026", "#5C6670", "#E6E9EB", "#FFFFFF")
    )
    axis = {
        "gridcolor": line, "linecolor": line, "zerolinecolor": line, "zerolinewidth": 1, "showline": False, "ticks": "",
        "tickfont": {"color": faint, "size": 12}, "title": {"font": {"color": faint, "size": 12}, "standoff": 8},
        "automargin": True,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": ink},
            "title": {"font": {"size": 14, "color": ink, "weight": 600}, "x": 0, "xanchor": "left", "xref": "paper"},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(PALETTE),
            "colorscale": {"sequential": SEQUENTIAL[dark], "diverging": DIVERGING[dark]},
            "xaxis": axis,
            "yaxis": axis,
            "margin": {"l": 8, "r": 8, "t": 36, "b": 8},
            "hovermode": "x unified",
            "hoverlabel": {"bgcolor": card, "bordercolor": line, "namelength": -1,
                           "font": {"family": FONT, "size": 12, "color": ink}},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 12, "color": faint}},
        },
        data={
            "scatter": [{"line": {"width": 2}, "marker": {"size": 6}}],
            "heatmap": [{"colorscale": SEQUENTIAL[dark], "colorbar": {"outlinewidth": 0, "thickness": 10, "len": 0.9}}],
            "bar": [{"marker": {"line": {"width": 0}, "cornerradius": 3}}],
        },
    )


def styled(figure: go.Figure, *, dark: bool, height: int | None = None) -> go.Figure:
    """The same figure in our style; `height` in pixels. Zoom, pan and hidden traces outlive a refresh, until the figure's
    own `uirevision` changes, where it has one."""
    return figure.update_layout(template=template(dark), height=height, uirevision=figure.layout.uirevision or "kept")


def wrapped(text: str, width: int = 44) -> str:
    """Text in lines that fit beside a chart or under its pointer."""
    return "<br>".join(textwrap.wrap(text, width)) or text


def run_colour(run_id: str) -> str:
    """The colour of a run, on every page and in every chart. It depends on the id alone."""
    return PALETTE[int(run_id[:8], 16) % len(PALETTE)]


def class_colour(number: int) -> str:
    """The colour of a class in figures of tables."""
    return PALETTE[number % len(PALETTE)]


def run_lines(run_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """The line of each run where several share a chart, as Plotly's `line`: `{"color": ..., "dash": ...}`.

    Runs whose colours fall together are told apart by their dashes.
    """
    seen: dict[str, int] = {}
    lines = {}
    for run_id in run_ids:
        colour = run_colour(run_id)
        seen[colour] = seen.get(colour, -1) + 1
        lines[run_id] = {"color": colour, "dash": DASHES[seen[colour] % len(DASHES)]}
    return lines
