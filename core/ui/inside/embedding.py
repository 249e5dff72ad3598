"""The words as a model has learned them: a map of them, the nearest to any, and what is to one as another is to a third."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.inside import embeddings, representation
from core.inside.embeddings import Words
from core.inside.load import Loaded
from core.plots import embeddings as plots
from core.plots.writing import visible
from core.tracking import read
from core.ui import address, page
from core.ui.chart import chart
from core.ui.inside.side import Side, places
from core.ui.inside.testset import METHODS

COUNT = 10  # neighbours that are shown
# Words to begin with, where the vocabulary has them.
FIRST = ("good", "▁man", "e", "▁love")
TRIPLES = (("worse", "bad", "good"), ("films", "film", "movie"), ("▁women", "▁woman", "▁man"), ("▁his", "▁he", "▁she"),
           ("A", "a", "e"))

TITLE = "Words"
fits = embeddings.fits


def show(sides: Sequence[Side]) -> None:
    found = [_words(side.loaded.run.id, side.loaded.step, side.loaded) for side in sides]
    names = dict(zip(visible(found[0].names), found[0].names, strict=True))  # blanks and line ends as signs
    for words in found[1:]:
        names = {shown: name for shown, name in names.items() if name in words.names}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = address.segments("How the map is laid out", "method", list(METHODS))
        word = names[address.select("Word", "word", list(names), _first(names), width=220, help="Type to find one, or click "
                                    "on the map.")]
    for side, words, place in zip(sides, found, places(sides), strict=True):
        with place:
            _mapped(side, words, method, word)
    st.markdown("**What is to one as another is to a third**", help="Vectors are added and subtracted, and the words "
                "nearest to where that leads are shown, the three themselves left out (Mikolov, Yih and Zweig 2013). It "
                "takes many millions of words of text before such sums mean much; after a short training most say little.")
    chosen = _sum(names)
    for side, words, place in zip(sides, found, places(sides), strict=True):
        with place:
            _likeness(side, words, embeddings.analogy(words, *map(words.place, chosen), COUNT), "analogy",
                      f"Words nearest to {chosen[0]} − {chosen[1]} + {chosen[2]}")


def _first(names: dict[str, str]) -> str:
    """The word that is picked at first: a telling one, or else the most frequent of some length."""
    longer = [shown for shown in names if len(shown) > 3]
    return next((word for word in FIRST if word in names), (longer or list(names))[0])


def _sum(names: dict[str, str]) -> list[str]:
    """The three words of a − b + c."""
    default = next((triple for triple in TRIPLES if all(word in names for word in triple)), tuple(names)[:3])
    places_of_three, chosen = st.columns(3), []
    for place, sign, key, word in zip(places_of_three, ("", "− ", "+ "), ("plus", "minus", "and"), default, strict=True):
        with place:
            chosen.append(names[address.select(f"{sign}word", key, list(names), word)])
    return chosen


@st.cache_resource(max_entries=32, ttl=3600, show_spinner="Reading the words …")
def _words(run_id: str, step: int, _loaded: Loaded) -> Words:
    return embeddings.words(_loaded, step)


@st.cache_resource(max_entries=64, ttl=3600, show_spinner="Laying the words out in two dimensions …", show_time=True)
def _map(run_id: str, step: int, method: representation.Method, _words: Words) -> tuple[np.ndarray, float | None]:
    return representation.project(_words.vectors, method)


@st.cache_resource(max_entries=64, ttl=3600, show_spinner=False)
def _said(run_id: str, step: int, _loaded: Loaded, _words: Words) -> np.ndarray | None:
    return embeddings.said_alone(_loaded, _words)


def _mapped(side: Side, words: Words, method: representation.Method, word: str) -> None:
    loaded, place, run_id = side.loaded, words.place(word), side.loaded.run.id
    near = embeddings.nearest(words, words.vectors[place], [place], COUNT)
    points, share = _map(run_id, loaded.step, method, words)
    if (last := max(read.checkpoints(run_id))) != loaded.step:
        points = embeddings.turned(points, _map(run_id, last, method, _words(run_id, last, loaded))[0])
    chances = _said(run_id, loaded.step, loaded, words)
    kinds = [embeddings.kind(loaded, name) for name in words.names]
    shown = visible(words.names)
    plane, beside = (st.container(), st.container()) if side.narrow else st.columns([3, 2], gap="large")
    with plane:
        answer = loaded.spec.classes[1] if chances is not None else ""
        neighbours = [i for i, _ in near]
        figure = plots.word_map(points, shown, kinds, chances, answer, place, neighbours, page.dark())

        def pick(number: int) -> None:
            st.query_params["word"] = shown[number]

        chart(figure, key=f"{side.key}words {method}", height=480, on_click=pick,
              alt=f"{len(points)} words in two dimensions; {word} and its nearest are marked.")
        st.caption("Each word alone makes the model say what its colour shows. " * (chances is not None)
                   + "Click on a word to see its nearest. Move the slider of checkpoints above to see the map form.")
    with beside:
        st.markdown(f"**Nearest to “{visible([word])[0]}”**", help="By the cosine of the angle between the rows of the "
                    "model's table: 1 points the same way, 0 has nothing in common.")
        _likeness(side, words, near, "near", f"Words nearest to {word}")
        few = f"The first {len(words.names):,} of {words.all:,}" if len(words.names) < words.all else f"All {words.all}"
        plane_shows = f" Here that is {100 * share:.0f} %." if share is not None else ""
        st.caption(f"{few} tokens, of {words.vectors.shape[1]} numbers each. {METHODS[method]}{plane_shows}")


def _likeness(side: Side, words: Words, found: list[tuple[int, float]], name: str, alt: str) -> None:
    shown = visible([words.names[i] for i, _ in found])
    chart(plots.likeness(shown, [cosine for _, cosine in found], side.colour), key=f"{side.key}{name}",
          height=26 * len(found) + 8, alt=f"{alt}: {', '.join(shown[:3])}.")
