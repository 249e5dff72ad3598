"""Every chart of the dashboard: a Plotly figure in our style, updated in place."""

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
    sheet: Sheet | None = None,
) -> None:
    """Draws a figure. Zoom, hidden traces and what is under the pointer outlive a refresh of the data.

    Arguments: `key`, one a chart of the page; `alt` says what is seen, for those who can't; `height` in pixels; `on_click`
    is called with the number of the point that was clicked: the first of its `customdata`, or its row and column in a heat
    map; `sheet` holds the pictures to show under the pointer, by that number, with the second of the `customdata` below.
    """
    data = {"figure": styled(figure, dark=dark(), height=height).to_json(), "alt": alt, "plotly": library(),
            "clicks": on_click is not None}
    if sheet:
        data["sheet"] = {"address": _served(sheet.image, key), "columns": sheet.columns, "size": sheet.size}
    if on_click:
        _component(data=data, key=key, on_click_change=lambda: on_click(st.session_state[key].click))
    else:
        _component(data=data, key=key)


def _served(image: np.ndarray, key: str) -> str:
    held = io.BytesIO()
    Image.fromarray(image).save(held, "WEBP", quality=90)
    return get_instance().media_file_mgr.add(held.getvalue(), "image/webp", f"sheet {key}")
