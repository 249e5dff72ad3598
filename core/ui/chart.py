"""Every chart of the dashboard: a Plotly figure in our style, updated in place."""

from __future__ import annotations

from pathlib import Path

import plotly
import plotly.graph_objects as go
import streamlit as st
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


def chart(figure: go.Figure, *, key: str, alt: str, height: int = 320) -> None:
    """Draws a figure. Zoom, hidden traces and what is under the pointer outlive a refresh of the data.

    Arguments: `key`, one a chart of the page; `alt` says what is seen, for those who can't; `height` in pixels.
    """
    drawn = styled(figure, dark=dark(), height=height).to_json()
    _component(data={"figure": drawn, "alt": alt, "plotly": library()}, key=key)
