"""Ten symbols are read, and asked for again after a pause: what comes back, how sure, and the memory behind it."""

from __future__ import annotations

import random
from collections.abc import Sequence

import streamlit as st

from core.datasets.memory import KEPT
from core.inside import recalling, recurrence
from core.inside.load import Loaded
from core.inside.recalling import Recalled
from core.plots import recurrence as figures
from core.ui import address
from core.ui.chart import chart
from core.ui.inside import remembering
from core.ui.inside.side import Side, places

USUAL = "cabbagefed"
LONGER = 3  # times the pause of training, that a recurrent network may be tried with

TITLE = "Recall"
fits = recalling.fits


def show(sides: Sequence[Side]) -> None:
    symbols, pause = _asked(sides)
    for side, place in zip(sides, places(sides), strict=True):
        with place:
            _came_back(side, symbols, pause)


def _asked(sides: Sequence[Side]) -> tuple[str, int]:
    """The person's symbols, and how long the model has to keep them."""
    known = recalling.letters(sides[0].loaded)
    word, other, long = st.columns([3, 2, 4], vertical_alignment="bottom", gap="medium")
    with word:
        st.session_state["symbols"] = st.query_params.get("symbols", USUAL)
        symbols = st.text_input(f"Ten letters from {known[0]} to {known[-1]}", key="symbols", live="400ms", max_chars=KEPT,
                                on_change=address.keep, args=("symbols",))
    other.button("Draw others", icon=":material/shuffle:", width="stretch", on_click=_others, args=(known,))
    trained = min(side.loaded.experiment.data.pause for side in sides)
    most = LONGER * trained if all(recurrence.fits(side.loaded) for side in sides) else trained
    with long:
        st.session_state["pause"] = address.whole("pause", trained, 0, most)
        pause = st.slider("Pause, in steps", 0, most, key="pause", on_change=address.keep, args=("pause",),
                          help=f"It was trained with {trained}.")
    return symbols, pause


def _others(known: str) -> None:
    st.query_params["symbols"] = "".join(random.choices(known, k=KEPT))


@st.cache_data(max_entries=32, show_spinner="Recalling …")
def _recalled(run_id: str, step: int, symbols: str, pause: int, _loaded: Loaded) -> Recalled:
    return recalling.recall(_loaded, symbols, pause)


def _came_back(side: Side, symbols: str, pause: int) -> None:
    loaded = side.loaded
    found = _recalled(loaded.run.id, loaded.step, symbols, pause, loaded)
    right = sum(asked == back for asked, back in zip(symbols, found.text, strict=True))
    st.metric("What comes back", found.text, f"{right} of {KEPT} right", delta_arrow="off",
              delta_color="green" if right == KEPT else "orange")
    chart(figures.recalled(found.chances, loaded.spec.vocabulary, symbols), key=f"{side.key}recalled", height=300,
          alt=f"The chance of each symbol at each of {KEPT} places; {symbols} was asked for, {found.text} came back.")
    st.caption("Each column is a place of the copy, named by what was asked for, which has a frame. The stronger a square, "
               "the likelier that symbol. The model reads on with the likeliest.")
    if recurrence.fits(loaded):
        steps = [f"{step}: {loaded.spec.vocabulary[number]}" for step, number in enumerate(found.read.tolist(), 1)]
        remembering.show(side, found.read[None], steps)
