"""A pad to draw on with the mouse, a pen, a finger or the keys, or a picture to paint over. What is drawn is a short text
that fits into an address."""

from __future__ import annotations

import numpy as np
import streamlit as st
from streamlit.runtime import get_instance

from core.inside.pictures import PEN
from core.plots.inside import picture, png

_HTML = """
<div class="pad">
  <canvas width="512" height="512" role="img" aria-label="Drawing pad" aria-describedby="keys" tabindex="0"></canvas>
  <span class="hint"></span>
  <span class="keys" id="keys">Arrow keys move the pen, space sets it down or lifts it.</span>
  <div class="tools">
    <button type="button" class="undo">Undo</button>
    <button type="button" class="clear">Clear</button>
  </div>
</div>
"""

_CSS = """
.pad { position: relative; width: 100%; max-width: 320px; margin: 0 auto; font-family: var(--st-font); }
canvas {
  display: block; width: 100%; image-rendering: pixelated; box-sizing: border-box; touch-action: none; cursor: crosshair;
  background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
}
.hint {
  position: absolute; inset: 0 0 2.75rem 0; display: grid; place-items: center; pointer-events: none;
  color: var(--st-text-color); opacity: 0.45;
}
.over .hint { position: static; place-items: start; opacity: 0.65; font-size: 0.875rem; margin-top: 0.25rem; }
.pad:not(.over).inked .hint, .pad:not(.over):focus-within .hint { display: none; }
canvas:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.keys { display: none; font-size: 0.75rem; margin-top: 0.25rem; opacity: 0.65; }
canvas:focus-visible ~ .keys { display: block; }
.tools { display: flex; gap: 0.5rem; margin-top: 0.5rem; }
button {
  flex: 1; height: 2.25rem; font: inherit; font-size: 0.875rem; cursor: pointer; color: var(--st-text-color);
  background: transparent; border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
}
button:hover:enabled { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
button:disabled { opacity: 0.4; cursor: default; }
"""

# The strokes live here, not in Python: an answer that comes back late must never undo what was drawn meanwhile.
# Only when the pad is mounted does it take the drawing of the address.
_JS = """
const pads = new WeakMap();
const LIVE_MS = 250;

const encode = (strokes) => strokes.map((stroke) =>
  btoa(String.fromCharCode(...stroke)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")).join(".");

const decode = (text) => text.split(".").filter(Boolean).map((part) =>
  Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0)));

function mount(root, text) {
  const pad = root.querySelector(".pad"), canvas = root.querySelector("canvas");
  const undo = root.querySelector(".undo"), clear = root.querySelector(".clear");
  const pen = canvas.getContext("2d");
  const state = { strokes: [], send: () => {}, sent: text, width: 0 };
  try { state.strokes = decode(text); } catch { state.sent = ""; }
  let active = null, timer = null, at = [128, 128], byKeys = false;

  state.show = ({ over, ratio, width, hint }) => {
    // The longer side of the sheet has 512 pixels; each side has 256 places, so that one is a byte of the text.
    const sides = [Math.round(512 * Math.min(1, ratio)), Math.round(512 * Math.min(1, 1 / ratio))];
    if (canvas.width !== sides[0] || canvas.height !== sides[1]) [canvas.width, canvas.height] = sides;
    canvas.style.aspectRatio = ratio;
    canvas.style.background = over ? `url(${new URL(over.replace(/^\\//, ""), document.baseURI)}) 0 0 / 100% 100%` : "";
    pad.classList.toggle("over", Boolean(over));
    pad.querySelector(".hint").textContent = hint;
    state.width = width;
    draw();
  };
  const draw = () => {
    const across = canvas.width / 256, down = canvas.height / 256;
    const colour = (name) => getComputedStyle(pad).getPropertyValue(name);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.strokeStyle = pen.fillStyle = colour(pad.classList.contains("over") ? "--st-primary-color" : "--st-text-color");
    pen.lineWidth = state.width * 2; pen.lineCap = pen.lineJoin = "round";
    for (const stroke of state.strokes) {
      pen.beginPath();
      pen.moveTo(stroke[0] * across, stroke[1] * down);
      for (let i = 0; i < stroke.length; i += 2) pen.lineTo(stroke[i] * across, stroke[i + 1] * down);
      pen.stroke();
    }
    if (byKeys) {
      pen.strokeStyle = pad.classList.contains("over") ? "white" : colour("--st-primary-color");
      pen.lineWidth = active ? 10 : 4;
      pen.beginPath();
      pen.arc(at[0] * across, at[1] * down, state.width, 0, 7);
      pen.stroke();
    }
    pad.classList.toggle("inked", state.strokes.length > 0);
    undo.disabled = clear.disabled = state.strokes.length === 0;
  };
  const tell = () => {
    clearTimeout(timer); timer = null;
    const now = encode(state.strokes);
    if (now !== state.sent) { state.sent = now; state.send(now); }
  };
  const add = (event) => {
    const box = canvas.getBoundingClientRect();
    const byte = (share) => Math.max(0, Math.min(255, Math.round(share * 256)));
    const x = byte((event.clientX - box.left) / box.width), y = byte((event.clientY - box.top) / box.height);
    const [lastX, lastY] = active.slice(-2);
    if (active.length && Math.hypot(x - lastX, y - lastY) < 4) return;
    active.push(x, y);
    draw();
    timer ??= setTimeout(tell, LIVE_MS);
  };
  const lift = () => { byKeys = false; active = null; draw(); tell(); };
  canvas.onkeydown = (event) => {
    const step = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] }[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    byKeys = true;
    if (step) at = at.map((x, axis) => Math.max(0, Math.min(255, x + step[axis])));
    else if (active) { active = null; tell(); }
    else state.strokes.push(active = [...at]);
    if (step && active) { active.push(...at); timer ??= setTimeout(tell, LIVE_MS); }
    draw();
  };
  canvas.onblur = lift;
  canvas.onpointerdown = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    lift();
    canvas.setPointerCapture(event.pointerId);
    state.strokes.push(active = []);
    add(event);
  };
  canvas.onpointermove = (event) => { if (active && !byKeys) add(event); };
  canvas.onpointerup = canvas.onpointercancel = () => { if (active) { active = null; tell(); } };
  undo.onclick = () => { state.strokes.pop(); draw(); tell(); };
  clear.onclick = () => { state.strokes = []; draw(); tell(); };
  return state;
}

export default function ({ data, parentElement, setStateValue }) {
  if (!pads.has(parentElement)) pads.set(parentElement, mount(parentElement, data.drawing));
  const state = pads.get(parentElement);
  state.send = (drawing) => setStateValue("drawing", drawing);
  state.show(data);
}
"""

_pad = st.components.v2.component("glassbox_drawing_pad", html=_HTML, css=_CSS, js=_JS)


def canvas(
    drawing: str, *, key: str, over: np.ndarray | None = None, pen: int = PEN, hint: str = "Draw here"
) -> str:
    """A drawing pad. `drawing` is on it when it first appears.

    Arguments: `over`, a picture `(height, width, channels)` to paint over, float in 0..1; `pen`, the width of the strokes
    where the longer side is `PAD`; `hint`, what to do here.
    Returns: what is drawn now, as `drawn` and `painted` of `core.inside.pictures` read it; it also changes while the person
    draws.
    """
    address, ratio = "", 1.0
    if over is not None:
        address = get_instance().media_file_mgr.add(png(picture(over)), "image/png", key)
        ratio = over.shape[1] / over.shape[0]
    return _pad(data={"drawing": drawing, "over": address, "ratio": ratio, "width": pen, "hint": hint},
                default={"drawing": drawing}, key=key, on_drawing_change=lambda: None).drawing
