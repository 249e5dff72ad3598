"""Every chart of the dashboard: a Plotly figure in our style, updated in place, whose data can be had as a table and as CSV,
and itself as an image."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import plotly
import plotly.graph_objects as go
import streamlit as st
from PIL import Image
from streamlit.runtime import get_instance

from core.plots.style import styled
from core.ui.page import dark

_LIBRARY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_component = st.components.v2.component(
    "glassbox_chart", js=Path(__file__).with_name("chart.js").read_text(), isolate_styles=False
)


def library() -> str:
    """The address of Plotly's own file, served like a picture of the page: nothing is fetched from elsewhere.

    app.py asks for it in every run of every page: Streamlit forgets what a run did not ask for, and a chart that a person
    leaves while it loads would find nothing.
    """
    return get_instance().media_file_mgr.add(str(_LIBRARY), "text/javascript", "plotly")


class Sheet(NamedTuple):
    """Small pictures of one size in one large, uint8 `(height, width, 3)`, in rows of `columns`; each is `size` (width,
    height) pixels."""

    image: np.ndarray
    columns: int
    size: tuple[int, int]


def chart(
    figure: go.Figure, *, key: str, alt: str, height: int = 320, on_click: Callable[[int | list[int]], None] | None = None,
    sheet: Sheet | None = None, zooms: bool = False, narrowest: int = 0,
) -> None:
    """Draws a figure. Zoom, hidden traces and what is under the pointer outlive a refresh of the data.

    Arguments: `key`, one a chart of the page; `alt` says what is seen, for those who can't; `height` in pixels; `on_click`
    is called with the number of the point that was clicked: the first of its `customdata`, or its row and column in a heat
    map; `sheet` holds the pictures to show under the pointer, by that number, with the second of the `customdata` below;
    `zooms` where the script (or the fragment) is to run again when a person zooms, so that `zoom` says where to; on a page
    that has less than `narrowest` pixels the chart scrolls sideways.
    """
    data = {"figure": styled(figure, dark=dark(), height=height).to_json(), "alt": alt, "plotly": library(),
            "clicks": on_click is not None, "zooms": zooms, "narrowest": narrowest}
    if sheet:
        data["sheet"] = {"address": _served(sheet.image, key), "columns": sheet.columns, "size": sheet.size}
    told: dict[str, Callable[[], None]] = {}
    if on_click:
        told["on_click_change"] = lambda: on_click(st.session_state[key].click)
    if zooms:
        told["on_range_change"] = lambda: None  # the run that follows is all that is wanted
    _component(data=data, key=key, **told)


def zoom(key: str, of: str) -> tuple[float, float] | None:
    """From where to where along the bottom a person has zoomed into a chart of that key that `zooms`; None where all is
    seen, and where it was done while the figure's `uirevision` was not `of`."""
    held = (st.session_state.get(key) or {}).get("range")
    return (held["from"], held["to"]) if held and held["of"] == of else None


def _served(image: np.ndarray, key: str) -> str:
    held = io.BytesIO()
    Image.fromarray(image).save(held, "WEBP", quality=90)
    return get_instance().media_file_mgr.add(held.getvalue(), "image/webp", f"sheet {key}")
