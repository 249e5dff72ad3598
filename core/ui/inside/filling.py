"""Words of a sentence are hidden by a click each, and the model says what could stand there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.inside import filling
from core.inside.filling import Filled, Gap
from core.plots import inside as plots
from core.plots.style import ORANGE
from core.ui import page
from core.ui.chart import chart
from core.ui.inside import reading
from core.ui.inside.side import Side, places

TITLE = "Filling gaps"
START, FIRST = "The film has a great story, but the acting is bad.", [4]  # the text at first, and what is hidden of it
ABREAST = 3  # gaps side by side

fits = filling.fits


def show(sides: Sequence[Side]) -> None:
    st.session_state["sentence"] = st.query_params.get("sentence", START)
    text = st.text_input("Your sentence", key="sentence", on_change=_other_text, max_chars=5000)
    words, left_out = filling.words(sides[0].loaded, text)
    if left_out:
        st.warning(f"This text is too long for the model: its last {left_out} words and signs were left out.",
                   icon=":material/content_cut:")
    hidden = _hidden(words)
    for side, place in zip(sides, places(sides), strict=True):
        with place:
            _filled(side, filling.fill(side.loaded, text, hidden), words)


def _other_text() -> None:
    """Another text has other words: nothing of it is hidden yet."""
    st.query_params.update({"sentence": st.session_state["sentence"], "hidden": ""})


def _hidden(words: list[str]) -> list[int]:
    """The places of the words that the person has hidden; the address holds them."""
    told = st.query_params.get("hidden")
    asked = FIRST if told is None else [int(place) for place in told.split(",") if place.isdecimal()]
    st.session_state["hidden"] = [place for place in asked if place < len(words)]
    st.pills("Click the words to hide", range(len(words)), selection_mode="multi", key="hidden", on_change=_keep, wrap=True,
             format_func=lambda place: f"{words[place]}{chr(0x200B) * place}")  # told apart where a word comes twice
    return sorted(st.session_state["hidden"])


def _keep() -> None:
    st.query_params["hidden"] = ",".join(map(str, sorted(st.session_state["hidden"])))


def _filled(side: Side, made: Filled, words: list[str]) -> None:
    gaps = {gap.place: gap for gap in made.gaps}
    if not gaps:
        st.caption("Nothing is hidden yet: click a word above.")
    else:
        parts = [f":blue-background[{page.plain(gaps[place].guesses[0][0])}]" if place in gaps else page.plain(word)
                 for place, word in enumerate(words)]
        st.markdown(f"The model fills in: {' '.join(parts)}")
    abreast = 1 if side.narrow else ABREAST
    for start in range(0, len(made.gaps), abreast):
        for gap, place in zip(made.gaps[start : start + abreast], st.columns(abreast, gap="medium"), strict=False):
            with place:
                _gap(side, gap, words[gap.place])
    if made.layers:
        reading.attention(side, made.tokens, made.known, made.layers)


def _gap(side: Side, gap: Gap, word: str) -> None:
    names, chances = zip(*gap.guesses, strict=True)
    colours = [ORANGE if name == word else side.colour for name in names]
    st.markdown(f"**Word {gap.place + 1}** :gray[in place of “{page.plain(word)}”]")
    chart(plots.probabilities(names, np.array(chances), colours), key=f"{side.key}gap{gap.place}",
          height=28 * len(names) + 8,
          alt=f"The likeliest words at place {gap.place + 1}; the first is {names[0]}, with {100 * chances[0]:.1f} %.")
    st.caption(f"“{page.plain(word)}” has {100 * gap.chance:.2g} %, rank {gap.rank:,}." if gap.rank else
               f"The model has never read “{page.plain(word)}”.")
