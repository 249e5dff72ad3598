"""A text whose characters are tinted, and can be picked one by one with the mouse or the arrow keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from core.plots.writing import grounds, visible
from core.ui.page import dark

_CSS = """
.passage {
  font: 0.9375rem/1.75 var(--st-code-font); color: var(--st-text-color); white-space: pre-wrap; overflow-wrap: anywhere;
  max-height: 24rem; overflow-y: auto; padding: 0.5rem 0.625rem; border-radius: 8px;
  border: 1px solid var(--st-border-color);
}
.passage:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.passage.picks span { cursor: pointer; }
.passage span { border-radius: 2px; padding: 0.1em 0; }
.passage span.written { box-shadow: -2px 0 0 var(--st-primary-color); }
.passage span[aria-selected="true"] { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.passage.picks span:hover { outline: 1px solid var(--st-primary-color); }
"""

_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  let box = parentElement.querySelector(".passage");
  if (!box) { box = document.createElement("div"); parentElement.appendChild(box); }
  const picks = data.chosen !== null, scrolled = box.scrollTop;
  box.className = picks ? "passage picks" : "passage";
  box.setAttribute("aria-label", data.label);
  box.setAttribute("role", picks ? "listbox" : "group");
  box.tabIndex = 0;
  box.replaceChildren(...data.characters.map(({ text, ground, ink, title }, i) => {
    const span = document.createElement("span");
    span.textContent = text;
    if (ground) { span.style.background = ground; span.style.color = ink; }
    span.title = title;
    if (picks) { span.setAttribute("role", "option"); span.setAttribute("aria-selected", String(i === data.chosen)); }
    if (i === data.given) span.className = "written";
    return span;
  }));
  box.scrollTop = scrolled;
  if (!picks) { box.onclick = box.onkeydown = null; return; }
  let at = data.chosen, waiting = null;
  const go = (to, wait) => {
    to = Math.min(data.characters.length - 1, Math.max(1, to));
    box.children[at].setAttribute("aria-selected", "false");
    at = to;
    box.children[at].setAttribute("aria-selected", "true");
    box.children[at].scrollIntoView({ block: "nearest" });
    clearTimeout(waiting);
    waiting = setTimeout(() => setTriggerValue("pick", at), wait);  // held down, a key asks once
  };
  box.onclick = ({ target }) => { if (target.parentElement === box) go([...box.children].indexOf(target), 0); };
  box.onkeydown = (event) => {
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 1, End: data.characters.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); go(to, 250); }
  };
  return () => clearTimeout(waiting);
}
"""

_passage = st.components.v2.component("glassbox_passage", css=_CSS, js=_JS)


def passage(
    characters: Sequence[str], bits: np.ndarray, *, key: str, label: str, given: int | None = None,
    chosen: int | None = None, on_pick: Callable[[int], None] | None = None,
) -> None:
    """Draws a text, each character on a ground by its `bits` of surprise `(n,)`, NaN where nothing was expected.

    Arguments: `label` says what it is, for those who can't see it; a line stands before the first character that is not
    `given`; with `on_pick` the one at `chosen` is framed, and each but the first can be picked.
    """
    tints = grounds(bits, dark())
    content = [
        {"text": character.replace("\n", "⏎\n"), "ground": tint and tint[0], "ink": tint and tint[1],
         "title": sign if tint is None else f"{sign}  {100 * 2**-surprise:.2g} %, {surprise:.1f} bits"}
        for character, sign, surprise, tint in zip(characters, visible(characters), bits.tolist(), tints, strict=True)
    ]
    _passage(
        data={"characters": content, "label": label, "given": given, "chosen": chosen if on_pick else None}, key=key,
        on_pick_change=(lambda: on_pick(st.session_state[key].pick)) if on_pick else lambda: None,
    )
