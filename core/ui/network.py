"""The diagram of a network on a page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.plots.diagram import diagram
from core.training.summary import Layer
from core.ui.page import dark

# With the names of its parts a diagram is never smaller than they can be read; what scrolls can be reached by the keyboard.
_CSS = """
svg { display: block; width: 100%; max-width: calc(1.25 * var(--natural)); height: auto; }
.large { overflow-x: auto; padding-bottom: 0.5rem; border-radius: 6px; }
.large svg { min-width: var(--natural); max-width: calc(1.6 * var(--natural)); margin: 0 auto; max-height: 28rem; }
.large:focus-visible { outline: 3px solid var(--st-primary-color); }
"""

_JS = """
export default function ({ data, parentElement }) {
  let box = parentElement.querySelector(".network");
  if (!box) { box = document.createElement("div"); parentElement.append(box); }
  box.className = data.large ? "network large" : "network";
  box.tabIndex = data.large ? 0 : -1;
  if (box.innerHTML !== data.drawing) box.innerHTML = data.drawing;
}
"""

# Streamlit's own way to show HTML drops drawings, and a picture of one has no tooltips.
_network = st.components.v2.component("glassbox_network", css=_CSS, js=_JS)


def show(layers: Sequence[Layer], title: str, *, key: str, large: bool = False) -> None:
    """Draws a network as wide as its place; `large`: with the names of its parts, scrolling sideways at need."""
    _network(data={"drawing": diagram(layers, title, dark=dark(), labels=large), "large": large}, key=key)
