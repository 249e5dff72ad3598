"""A sentence that a model wrote is read piece by piece: by hand or played, with what else could stand at each place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.catalog import END
from core.datasets import subwords
from core.inside.saying import Said
from core.plots import writing as bars
from core.ui import address, page
from core.ui.chart import chart
from core.ui.inside.side import Side
from core.ui.passage import passage

MOST_BEAM = 10
PACE = 0.6  # seconds for each piece, where it is played


def beam(first: int, what: str) -> int:
    """How many of `what` are kept while it writes."""
    st.session_state["beam"] = address.whole("beam", first, 1, MOST_BEAM)
    return st.slider("Beam", 1, MOST_BEAM, key="beam", on_change=address.keep, args=("beam",), help=(
        f"So many {what} are kept at each piece; with 1 it takes the likeliest piece each time."))


def picked(side: Side, found: Sequence[Said], what: str) -> Said:
    """The sentence that the person picks of those found, as a headline."""
    shown = found[0]
    if len(found) > 1:
        key = f"{side.key}candidate"
        names = [f"{rank}. {one.text or '(nothing)'}  ({one.score:.2f})" for rank, one in enumerate(found, 1)]
        shown = found[names.index(address.select(f"The best {what}, with their score", key, names, help=(
            "The score is the log probability of all pieces, divided by a penalty on length. Pick one to look into it.")))]
    st.markdown(f"### {page.plain(shown.text) or '(nothing)'}")
    return shown


def pace(side: Side) -> float | None:
    """After how many seconds a fragment with `pieces` is drawn again: None while nothing is played."""
    return PACE if st.session_state.get(f"{side.key}playing", False) else None


def pieces(side: Side, said: Said, label: str, at_first: int | None = None) -> int:
    """The pieces, of which one is picked or played. Gives its place, from 1 on; 0 before the first. `at_first`: the place
    that is picked before the person picks one, by default the last."""
    if st.session_state.pop(f"{side.key}turned", False):
        st.rerun()  # the whole page: a fragment that draws itself again keeps the pace that it was made with
    last, key, playing = len(said.pieces), f"{side.key}place", pace(side) is not None
    place = address.whole(key, min(last, at_first or last), 0, last)
    if playing:
        place = min(last, place + 1)
        st.query_params[key] = str(place)
        if place == last:
            st.session_state[f"{side.key}playing"] = False
            st.rerun()
    st.button("Pause" if playing else "Play the writing", key=f"{side.key}play", on_click=_play, args=(side, place == last),
              icon=":material/pause:" if playing else ":material/play_arrow:", help="Piece by piece, as it was written.")
    spaced = [" end" if number == END else " " + piece[1:] if piece.startswith(subwords.SPACE) else piece
              for piece, number in zip(said.pieces, said.numbers, strict=True)]
    with np.errstate(divide="ignore"):
        bits = np.array([np.nan, *-np.log2(np.array(said.chances))])
    passage(["→", *spaced], bits, key=f"{side.key}pieces", label=label, chosen=max(1, place),
            on_pick=lambda at: st.query_params.update({key: str(at)}))
    st.caption("The stronger a piece's ground, the less sure the model was of it. Pick one, or move with the arrow keys.")
    return place


def _play(side: Side, ended: bool) -> None:
    st.session_state[f"{side.key}playing"] = pace(side) is None
    st.session_state[f"{side.key}turned"] = True
    if ended:
        st.query_params[f"{side.key}place"] = "0"


def in_mind(side: Side, said: Said, at: int, chances: np.ndarray) -> None:
    """The likeliest pieces at a place, from 0 on."""
    st.markdown(f"**What could stand at place {at + 1}**", help="The model's own chances, given the pieces before.")
    chart(bars.next_characters(side.loaded.spec.vocabulary, chances, said.numbers[at], side.colour),
          key=f"{side.key}mind", height=330,
          alt=f"The likeliest pieces at place {at + 1}; “{said.pieces[at]}” was written there.")
