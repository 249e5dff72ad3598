"""A language model goes on with a person's text: how, with which chances, and what it had in mind at any place."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.inside import recurrence, writing
from core.inside.load import Loaded
from core.plots import writing as plots
from core.ui import address
from core.ui.chart import chart
from core.ui.inside import remembering
from core.ui.inside.side import Side, places
from core.ui.passage import passage

START = "To be, or not to be: that is the "
SEEDS, MOST, USUAL = 999_999, 600, 200  # characters that are written at most, and at first
REMEMBERED = 64  # characters before a place over which a recurrent network's cells are shown
LONGEST = 3000  # characters of the person's own text

TITLE = "Writing"
fits = writing.fits


def show(sides: Sequence[Side]) -> None:
    st.session_state["prompt"] = st.query_params.get("prompt", START)
    prompt = st.text_area(
        "Your text", key="prompt", on_change=address.keep, args=("prompt",), max_chars=LONGEST, height=100,
        help="The model goes on from its end. Each character is tinted by how much it surprises the model.")
    knobs = _knobs()
    for side, place in zip(sides, places(sides), strict=True):
        with place:
            _written(side, prompt, *knobs)


def _knobs() -> tuple[int, float, float, int]:
    """How much is written, temperature, top-p and seed."""
    first, second, third, fourth, fifth = st.columns([3, 3, 3, 2, 2], vertical_alignment="bottom", gap="medium")
    with first:
        count = address.whole_slider("Characters to write", "count", USUAL, MOST, step=20)
    with second:
        temperature = address.slider("Temperature", "temperature", 0.8, 0.0, 2.0, 0.05, help=(
            "How bold it is: at 0 it always takes the likeliest character, at 1 it draws as it expects, above that more "
            "wildly."))
    with third:
        top_p = address.slider("Top-p", "top_p", 1.0, 0.05, 1.0, 0.05, help=(
            "It draws only among the likeliest characters that make up this share together (nucleus sampling: Holtzman "
            "et al. 2020)."))
    with fourth:
        seed = address.number_field("Seed", "seed", 0, SEEDS, help="Another seed is other luck in the drawing.")
    fifth.button("Write anew", icon=":material/casino:", width="stretch", on_click=_other_seed)
    return count, temperature, top_p, seed


def _other_seed() -> None:
    st.query_params["seed"] = str(random.randrange(10_000))


@st.cache_data(max_entries=32, show_spinner="Writing …")
def _passage(
    run_id: str, step: int, prompt: str, count: int, temperature: float, top_p: float, seed: int, _loaded: Loaded
) -> writing.Passage:
    return writing.write(_loaded, prompt, count, temperature, top_p, seed)


def _written(side: Side, prompt: str, count: int, temperature: float, top_p: float, seed: int) -> None:
    run = side.loaded.run
    found = _passage(run.id, side.loaded.step, prompt, count, temperature, top_p, seed, side.loaded)
    if found.unknown:
        signs = " ".join(plots.visible(found.unknown))
        st.warning(f"Left out, since the model has never read them: {signs}", icon=":material/content_cut:")
    last = len(found.characters) - 1
    key = f"{side.key}place"
    chosen = address.whole(key, min(found.given, last), 1, last) if last else None
    passage(found.characters, found.bits, key=f"{side.key}passage", label="Your text, and how the model goes on.",
            given=found.given, chosen=chosen, on_pick=lambda at: st.query_params.update({key: str(at)}))
    _surprise(side, found)
    if chosen:
        _place(side, found, chosen, temperature, top_p)
        if recurrence.fits(side.loaded):
            before = found.characters[max(0, chosen - REMEMBERED) : chosen]
            remembering.show(side, found.numbers[None, max(0, chosen - REMEMBERED) : chosen], plots.visible(before),
                             [True] * len(before))


def _surprise(side: Side, found: writing.Passage) -> None:
    """How well the model foretells the person's own text."""
    said = "The stronger a character's ground, the less the model expected it; what stands after the line is its own. "
    if found.given > 1:
        mean = float(np.mean(found.bits[1 : found.given]))
        blind = np.log2(len(side.loaded.spec.vocabulary))
        said += (f"Your text costs it **{mean:.2f} bits a character** (perplexity {2**mean:.1f}); blind guessing among "
                 f"{len(side.loaded.spec.vocabulary)} would cost {blind:.2f}.")
    st.caption(said)


def _place(side: Side, found: writing.Passage, chosen: int, temperature: float, top_p: float) -> None:
    place = writing.at(side.loaded, found, chosen, temperature, top_p)
    bars, back = (st.container(), st.container()) if side.narrow else st.columns([1, 2], gap="large")
    sign, chance = plots.visible([found.characters[chosen]])[0], float(place.chances[place.stands])
    with bars:
        st.markdown(f"**What could stand at place {chosen}**", help="Pick any character above, or move with the arrow keys. "
                    "Among the model's own characters these are the chances after temperature and top-p.")
        chart(plots.next_characters(side.loaded.spec.vocabulary, place.chances, place.stands, side.colour),
              key=f"{side.key}next", height=330,
              alt=f"The likeliest characters at place {chosen}; {sign} stands there, with {100 * chance:.1f} %.")
        st.caption(f"“{sign}” stands there, with a chance of {100 * chance:.2g} %.")
    if len(place.attention):
        with back:
            layers, heads, _ = place.attention.shape
            st.markdown("**Where each head looks back**", help="Each row is one head, named by its layer and its number. "
                        "The stronger a square, the more that head takes from the character above it.")
            chart(plots.looks_back(place.attention, place.seen), key=f"{side.key}back",
                  height=min(900, 60 + 20 * layers * heads),
                  alt=f"Attention of {layers} layers with {heads} heads each to the {len(place.seen)} characters before.")
