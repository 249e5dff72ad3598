"""A line of years with a stop for each thing that came: the further apart in time, the further apart on the line, as far as
there is room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import streamlit as st


class Stop(NamedTuple):
    """`name` stands for it in the address."""

    name: str
    year: int
    title: str


_CSS = """
ol {
  display: flex; overflow-x: auto; list-style: none; margin: 0; padding: 4px 3px 0.75rem; font-family: var(--st-font);
  color: var(--st-text-color); font-variant-numeric: tabular-nums;
}
li { flex: var(--gap) 0 6.25rem; position: relative; }
li::before {
  content: ""; position: absolute; top: 2.0625rem; left: 0; right: 0; height: 2px; background: var(--st-border-color);
}
li:first-child::before { left: 6px; }
a {
  position: relative; display: block; max-width: 7.25rem; padding-right: 0.625rem; color: inherit; text-decoration: none;
  border-radius: 6px;
}
a:focus-visible { outline: 3px solid var(--st-primary-color); }
.year { display: block; font-size: 0.8125rem; opacity: 0.7; height: 1.625rem; }
.dot {
  display: block; width: 0.75rem; height: 0.75rem; border-radius: 50%; background: var(--st-background-color);
  border: 2px solid var(--st-primary-color); box-sizing: border-box; margin: 0.0625rem 0 0.5rem;
}
a:hover .dot, a[aria-current] .dot { background: var(--st-primary-color); }
.title { display: block; font-size: 0.8125rem; line-height: 1.25; font-weight: 500; hyphens: auto; }
a:hover .title { color: var(--st-link-color); }
a[aria-current] .title { font-weight: 700; }
"""

_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  let line = parentElement.querySelector("ol");
  if (!line) { line = document.createElement("ol"); parentElement.appendChild(line); }
  line.setAttribute("aria-label", data.label);
  const element = (kind, name, text) => {
    const made = document.createElement(kind);
    made.className = name;
    made.textContent = text;
    return made;
  };
  const focused = parentElement.activeElement?.dataset?.name, scrolled = line.scrollLeft;
  line.replaceChildren(...data.stops.map(({ name, year, title, gap }) => {
    const stop = document.createElement("li"), link = document.createElement("a");
    stop.style.setProperty("--gap", gap);
    link.href = "?" + data.parameter + "=" + encodeURIComponent(name);
    link.dataset.name = name;
    if (name === data.open) link.setAttribute("aria-current", "true");
    link.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;  // a tab of its own
      event.preventDefault();
      setTriggerValue("pick", name);
    };
    link.append(element("span", "year", year), element("span", "dot", ""), element("span", "title", title));
    stop.append(link);
    return stop;
  }));
  line.scrollLeft = scrolled;
  if (focused) [...line.querySelectorAll("a")].find((link) => link.dataset.name === focused)?.focus({ preventScroll: true });
  if (data.open === (line.dataset.open ?? "")) return;
  line.dataset.open = data.open;
  line.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  // What opens is drawn after this line, and moves as what is above it is drawn: the page follows until all stands still, or
  // until the person scrolls.
  let looks = 0, free = true;
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    addEventListener(kind, () => { free = false; }, { once: true, passive: true });
  }
  const follow = () => {
    if (!free || line.dataset.open !== data.open || !line.isConnected) return;
    const card = document.querySelector(data.target);
    const running = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "running";
    if (card) card.scrollIntoView({ block: "start" });
    if ((running || !card) && looks++ < 300) setTimeout(follow, 100);
  };
  if (data.open) setTimeout(follow, 100);
}
"""

_timeline = st.components.v2.component("glassbox_timeline", css=_CSS, js=_JS)


def timeline(
    stops: Sequence[Stop], open_one: str, on_pick: Callable[[str], None], *, key: str, parameter: str, target: str,
    label: str,
) -> None:
    """Draws the stops, which come in the order of time; `on_pick` is called with the name of a picked one.

    Arguments: `open_one` is the name of the one that is open, or empty; the page scrolls to it, at the CSS selector
    `target`, when it opens; `parameter` names it in the address; `label` is for screen readers.
    """
    gaps = [later.year - earlier.year for earlier, later in pairwise(stops)] + [0]
    content = [stop._asdict() | {"year": str(stop.year), "gap": gap} for stop, gap in zip(stops, gaps, strict=True)]
    _timeline(
        data={"stops": content, "open": open_one, "parameter": parameter, "target": target, "label": label}, key=key,
        on_pick_change=lambda: on_pick(st.session_state[key].pick),
    )
