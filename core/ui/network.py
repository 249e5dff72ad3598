"""The diagram of a network on a page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.plots.diagram import diagram
from core.training.summary import Layer
from core.ui.page import dark


def show(layers: Sequence[Layer], title: str, *, large: bool = False) -> None:
    """Draws a network as wide as its place; `large`: with the names of its parts, scrolling sideways at need."""
    drawing = diagram(layers, title, dark=dark(), labels=large)
    # What scrolls can be reached, and so scrolled, by the keyboard.
    st.html(f'<div class="diagram{" large" if large else ""}"{" tabindex=0" if large else ""}>{drawing}</div>')
