"""A pad to draw on with the mouse, a pen, a finger or the keys. What is drawn is a short text that fits into an address."""

from __future__ import annotations

import streamlit as st

_HTML = """
<div class="pad">
  <canvas width="512" height="512" role="img" aria-label="Drawing pad" aria-describedby="keys" tabindex="0"></canvas>
  <span class="hint">Draw here</span>
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
  display: block; width: 100%; aspect-ratio: 1; box-sizing: border-box; touch-action: none; cursor: crosshair;
  background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
}
.hint {
  position: absolute; inset: 0 0 2.75rem 0; display: grid; place-items: center; pointer-events: none;
  color: var(--st-text-color); opacity: 0.45;
}
.pad.inked .hint, .pad:focus-within .hint { display: none; }
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
const PEN = 22, LIVE_MS = 250;

const encode = (strokes) => strokes.map((stroke) =>
  btoa(String.fromCharCode(...stroke)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")).join(".");

const decode = (text) => text.split(".").filter(Boolean).map((part) =>
  Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0)));

function mount(root, text) {
  const pad = root.querySelector(".pad"), canvas = root.querySelector("canvas");
  const undo = root.querySelector(".undo"), clear = root.querySelector(".clear");
  const pen = canvas.getContext("2d");
  const state = { strokes: [], send: () => {}, sent: text };
  try { state.strokes = decode(text); } catch { state.sent = ""; }
  let active = null, timer = null, at = [128, 128], byKeys = false;

  const draw = () => {
    pen.clearRect(0, 0, 512, 512);
    pen.strokeStyle = pen.fillStyle = getComputedStyle(pad).getPropertyValue("--st-text-color");
    pen.lineWidth = PEN * 2; pen.lineCap = pen.lineJoin = "round";
    for (const stroke of state.strokes) {
      pen.beginPath();
      pen.moveTo(stroke[0] * 2, stroke[1] * 2);
      for (let i = 0; i < stroke.length; i += 2) pen.lineTo(stroke[i] * 2, stroke[i + 1] * 2);
      pen.stroke();
    }
    if (byKeys) {
      pen.strokeStyle = getComputedStyle(pad).getPropertyValue("--st-primary-color");
      pen.lineWidth = active ? 10 : 4;
      pen.beginPath();
      pen.arc(at[0] * 2, at[1] * 2, PEN, 0, 7);
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
  state.draw = draw;
  return state;
}

export default function ({ data, parentElement, setStateValue }) {
  if (!pads.has(parentElement)) pads.set(parentElement, mount(parentElement, data.drawing));
  const state = pads.get(parentElement);
  state.send = (drawing) => setStateValue("drawing", drawing);
  state.draw();
}
"""

_pad = st.components.v2.component("glassbox_drawing_pad", html=_HTML, css=_CSS, js=_JS)


def canvas(drawing: str, *, key: str) -> str:
    """A drawing pad. `drawing` is on it when it first appears.

    Returns: what is drawn now, as `core.inside.pictures.drawn` reads it; it also changes while the person draws.
    """
    return _pad(data={"drawing": drawing}, default={"drawing": drawing}, key=key, on_drawing_change=lambda: None).drawing
