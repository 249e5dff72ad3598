"""Two marked values are added by a network that has to remember the first: the person places and sets both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.inside import adding
from core.inside.load import Loaded
from core.plots import recurrence as figures
from core.tasks.sequence_regression import MISSED
from core.ui import address
from core.ui.chart import chart
from core.ui.inside import remembering
from core.ui.inside.question import held_out
from core.ui.inside.side import Side, places

TITLE = "Adding"
fits = adding.fits
_KEYS = (("first", "first_value"), ("second", "second_value"))


def show(sides: Sequence[Side]) -> None:
    series = _asked(sides[0].loaded)
    wanted = adding.marks(series)
    true = sum(value for _, value in wanted)
    steps = [f"{step}: {value:.2f}{', marked' if mark else ''}" for step, (value, mark) in enumerate(series.tolist(), 1)]
    chart(figures.marked(series[:, 0], [place for place, _ in wanted]), key="series", height=160,
          alt=f"{len(series)} values, of which two are marked: " + " and ".join(steps[place] for place, _ in wanted))
    for side, place in zip(sides, places(sides), strict=True):
        with place:
            told = adding.told(side.loaded, series)
            with st.container(horizontal=True, gap="large"):
                st.metric("The sum", f"{true:.3f}", width="content")
                st.metric("Told", f"{told:.3f}", f"{told - true:+.3f}", delta_arrow="off", width="content",
                          delta_color="green" if abs(told - true) <= MISSED else "orange",
                          help=f"Off by more than {MISSED}, a sequence counts as wrong.")
            remembering.show(side, series[None], steps)


def _asked(loaded: Loaded) -> np.ndarray:
    """A test sequence `(length, 2)`, with the person's places and values."""
    test = held_out(loaded)["test"].inputs
    st.session_state["index"] = address.whole("index", 0, 0, len(test) - 1)
    index = st.number_input("Test sequence", 0, len(test) - 1, key="index", on_change=_another, width=220,
                            help="The model was not trained on these. Any number takes another one.")
    series = test[index].numpy()
    half, length = len(series) // 2, len(series)
    wanted = []
    for (place_key, value_key), (place, value), (low, high), column in zip(
        _KEYS, adding.marks(series), ((1, half), (half + 1, length)), st.columns(2, gap="large"), strict=True
    ):
        with column:
            st.session_state[place_key] = address.whole(place_key, place + 1, low, high)
            step = st.slider(f"{place_key.capitalize()} marked step", low, high, key=place_key, on_change=address.keep,
                             args=(place_key,))
            wanted.append((step - 1, address.slider("Its value", value_key, round(value, 3), 0.0, 1.0, 0.001)))
    return adding.marked(series, wanted)


def _another() -> None:
    """Another sequence comes with its own marks."""
    address.keep("index")
    for key in sum(_KEYS, ()):
        st.query_params.pop(key, None)
