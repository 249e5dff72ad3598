"""Previews as films: the pictures of one or several runs over their steps, under one slider, played in the browser."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st
from PIL import Image

from core.errors import UserError
from core.tracking import read

FRAMES = 60  # most pictures of one film: beyond, they are spread evenly over the steps


class Film(NamedTuple):
    """The pictures of one preview of a run, in order of steps; `title` stands above (none for a single film)."""

    run_id: str
    files: Sequence[read.PreviewFile]
    title: str = ""
    colour: str = ""


class Frame(NamedTuple):
    """A picture of a film: its step, its WebP address, and its width and height in pixels."""

    step: int
    source: str
    size: tuple[int, int]


class Reel(NamedTuple):
    """A film that is ready to be shown: what it is of, its frames in order of steps; `title` and `colour` stand above."""

    name: str
    frames: Sequence[Frame]
    title: str = ""
    colour: str = ""


_CSS = """
.films { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
.films.single { grid-template-columns: 1fr; }
figure { margin: 0; min-width: 0; }
figcaption { font: 600 0.8125rem/1.3 var(--st-font); color: var(--st-text-color); margin-bottom: 0.375rem; display: flex;
  gap: 0.4rem; align-items: baseline; overflow-wrap: anywhere; }
figcaption[hidden] { display: none; }
figcaption i { flex: none; width: 0.6rem; height: 0.6rem; border-radius: 50%; }
figcaption span { font-weight: 400; opacity: 0.7; margin-left: auto; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
img { display: block; width: 100%; height: auto; object-fit: contain; object-position: left top; border-radius: 6px; }
.bar { display: flex; gap: 0.75rem; align-items: center; margin-bottom: 0.75rem; font: 0.8125rem var(--st-font);
  color: var(--st-text-color); font-variant-numeric: tabular-nums; padding: 2px; }
.bar.still { display: none; }
button { flex: none; width: 2rem; height: 2rem; border-radius: 50%; border: 1px solid var(--st-border-color);
  cursor: pointer; background: var(--st-background-color); color: var(--st-text-color); padding: 0; display: grid;
  place-items: center; }
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible, input:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
svg { width: 0.875rem; height: 0.875rem; fill: currentColor; }
input { flex: 1; min-width: 4rem; accent-color: var(--st-primary-color); height: 1.25rem; cursor: pointer; }
output { min-width: 4.5rem; text-align: right; }
"""

_JS = """
const PLAY = '<svg viewBox="0 0 16 16"><path d="M3 1.5v13l11-6.5z"/></svg>';
const PAUSE = '<svg viewBox="0 0 16 16"><path d="M3 2h3.5v12H3zM9.5 2H13v12H9.5z"/></svg>';

export default function ({ data, parentElement, setTriggerValue }) {
  const film = parentElement.film ??= build(parentElement);
  const wasLast = film.at === film.steps.length - 1;
  const held = film.steps[film.at];
  const fresh = !film.steps.length || film.told !== data.step;  // the address says something new
  film.tell = (step) => setTriggerValue("step", step);
  film.told = data.step;
  film.steps = data.steps;
  film.films = data.films;
  if (fresh) film.at = nearest(data.steps, data.step ?? Infinity);
  else if (!film.timer) film.at = wasLast ? data.steps.length - 1 : nearest(data.steps, held);
  film.at = Math.min(film.at, data.steps.length - 1);
  film.grid.className = data.films.length === 1 ? "films single" : "films";
  film.bar.classList.toggle("still", data.steps.length < 2);
  film.slider.max = data.steps.length - 1;
  film.slots = data.films.map((one, i) => {
    const slot = film.slots[i] ?? make(film.grid);
    slot.caption.hidden = !one.title;
    slot.dot.style.background = one.colour;
    slot.title.textContent = one.title;
    slot.image.style.aspectRatio = `${one.width} / ${one.height}`;
    slot.image.style.maxWidth = `${2 * one.width}px`;
    return slot;
  });
  while (film.grid.children.length > film.slots.length) film.grid.lastChild.remove();
  film.show();
  return () => { clearInterval(film.timer); film.timer = null; };
}

function nearest(steps, wanted) {  // the last step that is not after the wanted one
  let at = 0;
  steps.forEach((step, i) => { if (step <= wanted) at = i; });
  return at;
}

function make(grid) {
  const figure = document.createElement("figure");
  figure.innerHTML = "<figcaption><i></i><b></b><span></span></figcaption><img>";
  grid.append(figure);
  const [caption, image] = figure.children, [dot, title, step] = caption.children;
  return { caption, image, dot, title, step };
}

function build(root) {
  const box = document.createElement("div");
  box.innerHTML = '<div class="bar"><button type="button"></button><input type="range" min="0" aria-label="Step of the run">'
    + '<output></output></div><div class="films"></div>';
  root.append(box);
  const [bar, grid] = box.children, [button, slider, output] = bar.children;
  const film = { bar, grid, slider, at: -1, steps: [], films: [], slots: [], timer: null, told: undefined };
  film.show = () => {
    const step = film.steps[film.at];
    slider.value = film.at;
    slider.setAttribute("aria-valuetext", `step ${step}`);
    output.textContent = `step ${step.toLocaleString("en")}`;
    button.innerHTML = film.timer ? PAUSE : PLAY;
    button.setAttribute("aria-label", film.timer ? "Pause" : "Play the film");
    film.slots.forEach((slot, i) => {
      const { frames, name } = film.films[i];
      const [own, source] = frames[nearest(frames.map(([at]) => at), step)];
      if (slot.image.src !== source) slot.image.src = source;
      slot.image.alt = `${name} at step ${own}`;
      slot.step.textContent = own === step ? "" : `step ${own.toLocaleString("en")}`;
    });
  };
  const tell = () => film.tell(film.at === film.steps.length - 1 ? -1 : film.steps[film.at]);
  const stop = () => { clearInterval(film.timer); film.timer = null; };
  button.onclick = () => {
    if (film.timer) { stop(); film.show(); tell(); return; }
    if (film.at === film.steps.length - 1) film.at = 0;
    film.timer = setInterval(() => {
      if (film.at >= film.steps.length - 1) { stop(); film.show(); tell(); return; }
      film.at += 1;
      film.show();
    }, Math.max(80, Math.min(400, 6000 / film.steps.length)));
    film.show();
  };
  slider.oninput = () => { stop(); film.at = Number(slider.value); film.show(); };
  slider.onchange = tell;
  return film;
}
"""

_film = st.components.v2.component("glassbox_film", css=_CSS, js=_JS)


def words(name: str) -> str:
    """What a person calls a preview: `Worst mistakes`."""
    return name.replace("_", " ").capitalize()


@st.cache_resource(ttl=1800, max_entries=200, show_spinner=False)
def _files(run_id: str, news: tuple) -> dict[str, list[read.PreviewFile]]:
    return read.previews(run_id)


def files(run: read.Run) -> dict[str, list[read.PreviewFile]]:
    """All previews of a run by name; looked for again only when the run has gone on."""
    return _files(run.id, (run.state, run.phase, run.metrics.get("train/epoch")))


def film(films: Sequence[Film], name: str, *, key: str) -> None:
    """Draws films of a preview side by side under one slider; each shows its newest picture that is not after the step.

    The address holds the step under `step`; without it the newest is shown, whichever that will be. Says so where a film
    shows fewer pictures than were logged.
    """
    shown = [one._replace(files=_spread(one.files)) for one in films if one.files]
    reels = []
    for one in shown:
        frames = []
        for file in one.files:
            try:
                frames.append(Frame(file.step, *_frame(one.run_id, file.path, file.step)))
            except (UserError, OSError):
                continue  # half written, or just deleted
        reels.append(Reel(words(name), frames, one.title, one.colour))
    if not any(reel.frames for reel in reels):
        st.caption("The pictures are being written. Look again in a moment.")
        return
    play(reels, key=key)
    logged, kept = sum(len(one.files) for one in films), sum(len(one.files) for one in shown)
    if kept < logged:
        st.caption(f"Shows {kept:,} of {logged:,} logged pictures, spread evenly over the steps.")


def play(reels: Sequence[Reel], *, key: str, place: str = "step") -> None:
    """Draws films side by side under one slider, as `film` does; the address holds the step under `place`."""
    content, steps = [], set()
    for name, frames, title, colour in reels:
        if frames:
            steps |= {frame.step for frame in frames}
            content.append({
                "name": name, "title": title, "colour": colour, "frames": [frame[:2] for frame in frames],
                "width": max(frame.size[0] for frame in frames), "height": max(frame.size[1] for frame in frames),
            })
    named = st.query_params.get(place, "")
    _film(
        data={"films": content, "steps": sorted(steps), "step": int(named) if named.isdecimal() else None}, key=key,
        on_step_change=lambda: _keep(st.session_state[key].step, place),
    )


def _keep(step: int | None, place: str) -> None:
    if step is None or step < 0:  # at the end: whatever comes next is shown
        st.query_params.pop(place, None)
    else:
        st.query_params[place] = str(step)


def _spread(files: Sequence[read.PreviewFile]) -> list[read.PreviewFile]:
    index = np.linspace(0, len(files) - 1, min(FRAMES, len(files))).round().astype(int)
    return [files[i] for i in index]


@st.cache_data(ttl=1800, max_entries=600, show_spinner=False)
def _frame(run_id: str, path: str, step: int) -> tuple[str, tuple[int, int]]:
    """A picture as a WebP address (a third of the PNG's size), and its width and height in pixels."""
    return served(Image.open(io.BytesIO(read.preview_image(run_id, read.PreviewFile(step, path)))))


def served(picture: Image.Image) -> tuple[str, tuple[int, int]]:
    """A picture as `Frame` takes it: its WebP address, and its size."""
    held = io.BytesIO()
    picture.convert("RGB").save(held, "WEBP", quality=90)
    return "data:image/webp;base64," + base64.b64encode(held.getvalue()).decode(), picture.size
