"""A sentence is translated: by beam search or by luck, with the chance of each piece, what else could stand there, and the
map of attention that forms piece by piece."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.datasets import subwords
from core.errors import UserError
from core.inside import translating
from core.inside.load import Loaded
from core.inside.saying import Said
from core.plots import inside as plots
from core.plots.style import BLUE
from core.ui import address
from core.ui.chart import chart
from core.ui.inside import saying
from core.ui.inside.question import held_out
from core.ui.inside.reading import pick_map
from core.ui.inside.side import Side, places

BEAM, SEEDS = 4, 999_999
LONGEST = 1000  # characters of the person's own sentence

TITLE = "Translation"
fits = translating.fits


def show(sides: Sequence[Side]) -> None:
    text = _sentence(sides[0].loaded)
    if not text.strip():
        st.info("Type a sentence above, and it is translated.", icon=":material/translate:")
        return
    knobs = _knobs()
    for side, place in zip(sides, places(sides), strict=True):
        with place:
            try:
                _translated(side, text, knobs)
            except UserError as error:
                st.error(str(error), icon=":material/error:")


@st.cache_data(max_entries=16, show_spinner="Reading the test sentences …")
def _examples(dataset: str, _loaded: Loaded) -> list[str]:
    """The first test sentences of middle length, where the data are still here."""
    try:
        test = held_out(_loaded)["test"]
    except UserError:
        return []
    return [subwords.text(row, _loaded.spec) for row in test.inputs[:2].tolist()]


def _sentence(loaded: Loaded) -> str:
    """What the person typed; the first test sentence at first."""
    examples = _examples(loaded.run.params["dataset"] + loaded.experiment.data.model_dump_json(), loaded)
    st.session_state["text"] = st.query_params.get("text", examples[0] if examples else "")
    source, target = loaded.spec.languages
    text = st.text_input(f"Your sentence ({source}, to {target})", key="text", live="400ms", on_change=address.keep,
                         args=("text",), max_chars=LONGEST, placeholder="Type a sentence")
    with st.container(horizontal=True):
        for i, example in enumerate(examples):
            st.button(example, key=f"sentence_{i}", type="tertiary", icon=":material/format_quote:",
                      on_click=st.query_params.update, args=({"text": example},))
    return text


def _knobs() -> tuple[float, ...]:
    """How it is written: `(beam,)`, or `(seed, temperature, top_p)` where it is drawn."""
    first, second, third, fourth, fifth = st.columns([3, 3, 3, 2, 2], vertical_alignment="bottom", gap="medium")
    with first:
        how = address.segments("How it writes", "how", ["Beam search", "Drawing"])
    if how == "Beam search":
        with second:
            return (saying.beam(BEAM, "translations"),)
    with second:
        temperature = address.slider("Temperature", "temperature", 0.8, 0.0, 2.0, 0.05, help=(
            "At 0 it always takes the likeliest piece, at 1 it draws as it expects, above that more wildly."))
    with third:
        top_p = address.slider("Top-p", "top_p", 0.9, 0.05, 1.0, 0.05, help=(
            "It draws only among the likeliest pieces that make up this share together (Holtzman et al. 2020)."))
    with fourth:
        seed = address.number_field("Seed", "seed", 0, SEEDS, help="Another seed is other luck in the drawing.")
    fifth.button("Draw anew", icon=":material/casino:", width="stretch", on_click=_other_seed)
    return seed, temperature, top_p


def _other_seed() -> None:
    st.query_params["seed"] = str(random.randrange(10_000))


@st.cache_data(max_entries=64, show_spinner="Translating …")
def _written(run_id: str, step: int, text: str, knobs: tuple[float, ...], _loaded: Loaded) -> list[Said]:
    if len(knobs) == 1:
        return translating.best(_loaded, text, int(knobs[0]))
    seed, temperature, top_p = knobs
    return [translating.drawn(_loaded, text, int(seed), temperature, top_p)]


@st.cache_data(max_entries=32, show_spinner=False)
def _maps(run_id: str, step: int, text: str, numbers: tuple[int, ...], _written: Said, _loaded: Loaded) -> dict:
    return translating.maps(_loaded, text, _written)


def _translated(side: Side, text: str, knobs: tuple[float, ...]) -> None:
    loaded = side.loaded
    found = _written(loaded.run.id, loaded.step, text, knobs, loaded)
    shown = saying.picked(side, found, "translations")
    source = translating.pieces(loaded, text)
    layers = _maps(loaded.run.id, loaded.step, text, shown.numbers, shown, loaded)
    st.fragment(_piece_by_piece, run_every=saying.pace(side))(side, text, source, shown, layers)


def _piece_by_piece(
    side: Side, text: str, source: Sequence[str], shown: Said, layers: dict[str, list[np.ndarray]]
) -> None:
    """The pieces, of which one is picked, and the map as it stood when that one was written."""
    place = saying.pieces(side, shown, "The translation in pieces.")
    first, second = (st.container(), st.container()) if side.narrow else st.columns([1, 2], gap="large")
    with first:
        at = max(1, place) - 1
        saying.in_mind(side, shown, at, translating.in_mind(side.loaded, text, shown, at))
    if layers:
        with second:
            _attended(side, source, shown, layers, place)


def _attended(
    side: Side, source: Sequence[str], shown: Said, layers: dict[str, list[np.ndarray]], place: int
) -> None:
    what = address.segments("Who looks at whom", f"{side.key}what", list(layers))
    across = what == translating.ACROSS  # the last layer is what the words are chosen by
    words, weights, most = pick_map(side, layers[what], flows=what == translating.SOURCE,
                                    first=f"{len(layers[what])}.mean" if across else None)
    looks = source if what == translating.SOURCE else shown.pieces
    looked = ["start", *shown.pieces[:-1]] if what == translating.TARGET else source
    drawn = address.segments("How to draw it", f"{side.key}drawn", ["Matrix", "Lines"])
    if what != translating.SOURCE:
        weights = np.where(np.arange(len(looks))[:, None] < place, weights, np.nan)  # what is not written yet stays empty
    said = f"Attention of {words[0].lower()}{words[1:]}: {what.lower()}."
    if drawn == "Matrix":
        chart(plots.attention(weights, looks, most, looked), key=f"{side.key}attention",
              height=min(720, max(320, 26 * len(looks) + 90)), alt=said)
        return
    picked = place - 1 if what != translating.SOURCE and 0 < place < len(looks) else None
    chart(plots.attention_lines(weights, looks, most, BLUE, picked, looked), key=f"{side.key}lines",
          height=22 * max(len(looks), len(looked)) + 20, alt=said)
    st.caption("From the pieces at the left, which look, to those at the right, which are looked at.")
