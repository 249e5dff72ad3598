"""A map made of pictures, over which one drags: the picture under the pointer is shown large, at once and in the browser."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import numpy as np
import streamlit as st
from PIL import Image

_HTML = """
<div class="map">
  <div class="sheet" tabindex="0" role="slider" aria-label="Place on the map" aria-describedby="keys"><i></i></div>
  <canvas class="large" role="img" aria-label="The picture of this place"></canvas>
</div>
<div class="keys" id="keys">Drag over the map, or move with the arrow keys.</div>
"""

_CSS = """
.map { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
.sheet { position: relative; flex: 1 1 18rem; max-width: 34rem; aspect-ratio: 1; background-size: 100% 100%;
  cursor: crosshair; touch-action: none; border-radius: 6px; }
.sheet:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
.sheet i { position: absolute; box-sizing: border-box; border: 3px solid var(--st-primary-color); border-radius: 4px;
  box-shadow: 0 0 0 1px white; pointer-events: none; }
.large { flex: 1 1 14rem; max-width: 24rem; min-width: 0; border-radius: 6px; }
.keys { font: 0.75rem var(--st-font); color: var(--st-text-color); opacity: 0.65; margin-top: 0.5rem; }
"""

_JS = """
const maps = new WeakMap();

function mount(root) {
  const sheet = root.querySelector(".sheet"), frame = sheet.querySelector("i"), large = root.querySelector(".large");
  const state = { at: [0, 0], count: 1, source: "", image: new Image(), send: () => {}, told: "" };
  state.draw = () => {
    const { at: [row, column], count, image } = state, share = 100 / count;
    frame.style.cssText = `left:${column * share}%;top:${row * share}%;width:${share}%;height:${share}%`;
    sheet.setAttribute("aria-valuetext", `row ${row + 1}, column ${column + 1} of ${count}`);
    sheet.setAttribute("aria-valuenow", String(row * count + column));
    if (!image.complete || !image.naturalWidth) return;
    const width = image.naturalWidth / count, height = image.naturalHeight / count;
    large.width = 384; large.height = Math.round(384 * height / width);
    const pen = large.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(image, column * width, row * height, width, height, 0, 0, large.width, large.height);
  };
  const tell = () => {
    const now = String(state.at);
    if (now !== state.told) { state.told = now; state.send(state.at); }
  };
  const go = (event) => {
    const box = sheet.getBoundingClientRect(), last = state.count - 1;
    const place = (share) => Math.max(0, Math.min(last, Math.floor(share * state.count)));
    state.at = [place((event.clientY - box.top) / box.height), place((event.clientX - box.left) / box.width)];
    state.draw();
  };
  let drags = false, timer = null;
  sheet.onpointerdown = (event) => { drags = true; sheet.setPointerCapture(event.pointerId); go(event); };
  sheet.onpointermove = (event) => { if (drags) go(event); };
  sheet.onpointerup = sheet.onpointercancel = () => { if (drags) { drags = false; tell(); } };
  sheet.onkeydown = (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    state.at = state.at.map((old, axis) => Math.max(0, Math.min(state.count - 1, old + step[axis])));
    state.draw();
    clearTimeout(timer); timer = setTimeout(tell, 400);
  };
  state.image.onload = state.draw;
  state.sheet = sheet;
  return state;
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (!maps.has(parentElement)) maps.set(parentElement, mount(parentElement));
  const state = maps.get(parentElement);
  state.send = (at) => setTriggerValue("place", at);
  state.count = data.count;
  if (state.source !== data.source || state.told !== String(data.at)) { state.at = data.at; state.told = String(data.at); }
  if (state.source !== data.source) {
    state.source = state.image.src = data.source;
    state.sheet.style.backgroundImage = `url(${data.source})`;
  }
  state.draw();
}
"""

_map = st.components.v2.component("glassbox_picture_map", html=_HTML, css=_CSS, js=_JS)


def picture_map(
    sheet: np.ndarray, count: int, at: tuple[int, int], on_place: Callable[[int, int], None], *, key: str
) -> None:
    """Draws a sheet, uint8 `(height, width, 3)`, of `count` × `count` pictures without gaps; the one `at` (row, column) is
    framed, and `on_place` is called with another's once the pointer is lifted."""
    held = io.BytesIO()
    Image.fromarray(sheet).save(held, "WEBP", quality=90)
    source = "data:image/webp;base64," + base64.b64encode(held.getvalue()).decode()
    _map(data={"source": source, "count": count, "at": list(at)}, key=key,
         on_place_change=lambda: on_place(*st.session_state[key].place))
