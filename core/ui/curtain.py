"""Two states of one picture, one above the other, and a curtain between them that is drawn with mouse, finger or keys."""

from __future__ import annotations

import io
import re

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.runtime import get_instance

from core.plots.inside import picture, png

LONGEST = 1600  # pixels of a side that are sent to be looked at: a screen shows no more
_EXACT = 512 * 512  # pixels up to which each is sent as it is; above it as JPEG, which is a tenth as long

_HTML = """
<div class="frame">
  <img class="after" draggable="false"><img class="before" draggable="false">
  <span class="name left"></span><span class="name right"></span>
  <div class="edge">
    <div class="knob" role="slider" tabindex="0" aria-valuemin="0" aria-valuemax="100">&#8249;&#8250;</div>
  </div>
</div>
"""

_CSS = """
.frame {
  --at: 50%; position: relative; margin: 0 auto; overflow: hidden; touch-action: pan-y; cursor: ew-resize;
  user-select: none; -webkit-user-select: none; font-family: var(--st-font);
  border-radius: var(--st-base-radius); background: var(--st-secondary-background-color);
}
img { position: absolute; inset: 0; width: 100%; height: 100%; }
img:not([src]) { visibility: hidden; }
.few img { image-rendering: pixelated; }
.before { clip-path: inset(0 calc(100% - var(--at)) 0 0); }
.name {
  position: absolute; top: 0.5rem; max-width: 45%; padding: 0.1rem 0.5rem; border-radius: 1rem; pointer-events: none;
  color: white; background: rgb(0 0 0 / 0.6); font-size: 0.8rem;
}
.left { left: 0.5rem; }
.right { right: 0.5rem; }
.edge {
  position: absolute; top: 0; bottom: 0; left: var(--at); width: 0; outline: 1px solid white; box-shadow: 0 0 3px 1px black;
}
.knob {
  position: absolute; top: 50%; left: -1.125rem; width: 2.25rem; height: 2.25rem; margin-top: -1.125rem;
  display: grid; place-items: center; border-radius: 50%; background: white; color: black;
  box-shadow: 0 0 4px rgb(0 0 0 / 0.7); font-size: 1.25rem; letter-spacing: 0.15rem; text-indent: 0.15rem;
}
.knob:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
"""

# Where the curtain hangs is known here alone, so that no refresh moves it; new pictures replace the old ones when both have
# come, and neither flickers.
_JS = """
const curtains = new WeakMap();

function mount(root) {
  const frame = root.querySelector(".frame"), knob = root.querySelector(".knob");
  const [after, before] = root.querySelectorAll("img"), [left, right] = root.querySelectorAll(".name");
  const curtain = { at: 50, names: ["", ""], shown: "" };
  const put = (at) => {
    curtain.at = Math.max(0, Math.min(100, at));
    frame.style.setProperty("--at", `${curtain.at}%`);
    knob.setAttribute("aria-valuenow", Math.round(curtain.at));
    knob.setAttribute("aria-valuetext", `${Math.round(curtain.at)} % ${curtain.names[0]}, the rest ${curtain.names[1]}`);
  };
  const follow = (event) => {
    const box = frame.getBoundingClientRect();
    put((event.clientX - box.left) / box.width * 100);
  };
  frame.onpointerdown = (event) => {
    if (event.button !== 0) return;
    frame.setPointerCapture(event.pointerId);
    follow(event);
  };
  frame.onpointermove = (event) => { if (frame.hasPointerCapture(event.pointerId)) follow(event); };
  knob.onkeydown = (event) => {
    const to = { ArrowLeft: curtain.at - 2, ArrowDown: curtain.at - 2, ArrowRight: curtain.at + 2, ArrowUp: curtain.at + 2,
                 PageDown: curtain.at - 20, PageUp: curtain.at + 20, Home: 0, End: 100 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    put(to);
  };
  curtain.show = ({ before: first, after: second, names, width, height, few }) => {
    curtain.names = names;
    frame.style.aspectRatio = `${width} / ${height}`;
    frame.style.maxWidth = `calc(75vh * ${width / height})`; // a tall picture still fits the screen
    frame.classList.toggle("few", few);
    [left.textContent, right.textContent] = [before.alt, after.alt] = names;
    knob.setAttribute("aria-label", `Curtain between ${names[0]} and ${names[1]}`);
    put(curtain.at);
    if (curtain.shown === first + second) return;
    curtain.shown = first + second;
    const coming = [first, second].map((address) => {
      const image = new Image();
      image.src = new URL(address.replace(/^\\//, ""), document.baseURI);
      return image;
    });
    Promise.allSettled(coming.map((image) => image.decode())).then(() => {
      if (curtain.shown === first + second) [before.src, after.src] = coming.map((image) => image.src);
    });
  };
  return curtain;
}

export default function ({ data, parentElement }) {
  if (!curtains.has(parentElement)) curtains.set(parentElement, mount(parentElement));
  curtains.get(parentElement).show(data);
}
"""

_curtain = st.components.v2.component("glassbox_curtain", html=_HTML, css=_CSS, js=_JS)


def curtain(
    before: np.ndarray, after: np.ndarray, key: str, names: tuple[str, str] = ("Noisy", "Cleaned"), *, save: bool = True
) -> None:
    """Two pictures of one size, float in 0..1 or uint8 `(height, width, channels)`, `before` left of the curtain and `after`
    right of it, and with `save` a button that saves the latter in full as a PNG file, called as it is named.

    Arguments: `key`, one a curtain of the page; `names` of both.
    """
    first, second = picture(before), picture(after)
    height, width = second.shape[:2]
    _curtain(key=key, data={
        "before": _served(first, f"{key} before"), "after": _served(second, f"{key} after"),
        "names": names, "width": width, "height": height, "few": max(height, width) < 128,
    })
    if save:
        name = names[1].lower()
        file = re.sub(r"\W+", "-", name) + ".png"
        st.download_button(f"Download the {name} picture", lambda: png(second), file, "image/png",
                           key=f"{key}_save", on_click="ignore", icon=":material/download:")


def _served(image: np.ndarray, place: str) -> str:
    """The address of a picture to look at."""
    shown = Image.fromarray(image)
    shown.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    if shown.width * shown.height <= _EXACT:
        return get_instance().media_file_mgr.add(png(np.asarray(shown)), "image/png", place)
    held = io.BytesIO()
    shown.save(held, "JPEG", quality=90, subsampling=0)
    return get_instance().media_file_mgr.add(held.getvalue(), "image/jpeg", place)
