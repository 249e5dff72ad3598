"""Small pictures that can be picked with the mouse or the keyboard: feature maps, attention heads, faces."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from core.plots.inside import png


class Tile(NamedTuple):
    """A picture, uint8 `(height, width)` or `(height, width, 3)`, and the words that say what it is."""

    name: str
    words: str
    picture: np.ndarray


class Group(NamedTuple):
    """Tiles that belong together, under a title and a note."""

    title: str
    note: str
    tiles: Sequence[Tile]


_CSS = """
.groups { display: flex; gap: 0.75rem; font-family: var(--st-font); color: var(--st-text-color); padding: 3px; }
.columns { overflow-x: auto; padding-bottom: 0.5rem; }
.columns .group { flex: 1 0 5rem; max-width: 7rem; }
.wrap { flex-direction: column; gap: 1rem; }
.columns .title { min-height: 2.5em; display: flex; align-items: flex-end; }
.columns .tiles { display: grid; gap: 6px; }
.wrap .tiles { display: grid; gap: 6px; grid-template-columns: repeat(auto-fill, minmax(var(--side), 1fr)); }
.title { font-size: 0.8125rem; font-weight: 600; line-height: 1.25; margin-bottom: 0.25rem; }
.title:has(+ .note) { margin-bottom: 0; }
.note {
  font-size: 0.75rem; white-space: nowrap; opacity: 0.65; margin-bottom: 0.375rem; font-variant-numeric: tabular-nums;
}
button {
  padding: 0; border: 0; background: none; cursor: pointer; display: block; border-radius: 4px; line-height: 0;
  outline: 1px solid var(--st-border-color); outline-offset: 0;
}
button:hover { outline: 2px solid var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); }
button[aria-pressed="true"] { outline: 3px solid var(--st-primary-color); }
.words { font: 0.75rem/1.5 var(--st-font); color: var(--st-text-color); padding: 2px 4px; overflow-wrap: anywhere; }
img { width: 100%; height: auto; border-radius: 4px; image-rendering: pixelated; display: block; }
"""

_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  let box = parentElement.querySelector(".groups");
  if (!box) { box = document.createElement("div"); parentElement.appendChild(box); }
  box.className = "groups " + data.layout;
  box.style.setProperty("--side", data.side + "px");
  const element = (kind, name, text) => {
    const made = document.createElement(kind);
    made.className = name;
    if (text) made.textContent = text;
    return made;
  };
  const focused = parentElement.activeElement?.dataset?.name;
  const scrolled = box.scrollLeft;
  box.replaceChildren(...data.groups.map(({ title, note, tiles }) => {
    const group = element("div", "group"), grid = element("div", "tiles");
    if (title) group.append(element("div", "title", title));
    if (note) group.append(element("div", "note", note));
    for (const { name, words, source } of tiles) {
      const button = element("button", ""), image = element("img", "");
      button.type = "button"; button.dataset.name = name; button.title = words;
      button.setAttribute("aria-label", words);
      button.setAttribute("aria-pressed", String(name === data.chosen));
      button.onclick = () => setTriggerValue("pick", name);
      image.src = source; image.alt = "";
      button.append(image);
      if (data.worded) button.append(element("div", "words", words));
      grid.append(button);
    }
    group.append(grid);
    return group;
  }));
  box.scrollLeft = scrolled;
  if (focused) [...box.querySelectorAll("button")].find((button) => button.dataset.name === focused)?.focus();
}
"""

_tiles = st.components.v2.component("glassbox_tiles", css=_CSS, js=_JS)


def tiles(
    groups: Sequence[Group], chosen: str, on_pick: Callable[[str], None], *, key: str, columns: bool = False, side: int = 64,
    worded: bool = False,
) -> None:
    """Draws groups of pictures; the one named `chosen` is framed, and `on_pick` is called with the name of a picked one.

    Arguments: `columns` puts each group into a column of its own; otherwise the groups stand below one another, in rows of
    pictures at least `side` pixels wide. `worded` writes each one's words below it.
    """
    content = [
        {"title": group.title, "note": group.note,
         "tiles": [{"name": name, "words": words, "source": _source(picture)} for name, words, picture in group.tiles]}
        for group in groups
    ]
    _tiles(
        data={"groups": content, "chosen": chosen, "layout": "columns" if columns else "wrap", "side": side,
              "worded": worded}, key=key,
        on_pick_change=lambda: on_pick(st.session_state[key].pick),
    )


def _source(picture: np.ndarray) -> str:
    return "data:image/png;base64," + base64.b64encode(png(picture)).decode()
