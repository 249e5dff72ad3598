"""A sentence is read: the answer, the words that decided it, and the attention or the memory behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.inside import reading, recurrence
from core.inside.load import Loaded
from core.inside.reading import Reading
from core.inside.testset import sentence
from core.plots import inside as plots
from core.plots.style import BLUE
from core.ui import address, page
from core.ui.chart import chart
from core.ui.inside import remembering
from core.ui.inside.question import held_out
from core.ui.inside.side import Side, answer_line, chances, places
from core.ui.tiles import Group, Tile, tiles

SENTENCES = ("A moving story, beautifully told and wonderfully acted.", "The plot is dull and the jokes are not funny.")

TITLE = "One sentence"
fits = reading.fits


def show(sides: Sequence[Side]) -> None:
    text = _sentence(sides[0].loaded)
    made = [reading.read_sentence(side.loaded, text) for side in sides]
    for side, of_side, place in zip(sides, made, places(sides), strict=True):
        with place:
            _answered(side, of_side)
            if of_side.layers:
                attention(side, of_side.tokens, of_side.known, of_side.layers)
            if recurrence.fits(side.loaded):
                remembering.show(side, of_side.ids.numpy(), of_side.tokens, of_side.known)


def _examples(loaded: Loaded) -> dict[str, str]:
    """Texts to begin with, by what they are called: sentences, or a test sequence of each of two classes where the model
    reads drawn symbols."""
    if not loaded.spec.symbols:
        return dict(zip(SENTENCES, SENTENCES, strict=True))
    test = held_out(loaded)["test"]
    rows = [int((test.targets == target).nonzero()[0]) for target in (1, 2 % len(loaded.spec.classes))]
    return {f"A test sequence of “{loaded.spec.classes[int(test.targets[row])]}”":
            sentence(test.inputs[row], loaded.spec) for row in rows}


def _sentence(loaded: Loaded) -> str:
    """What the person typed; the first example at first."""
    examples = _examples(loaded)
    st.session_state["text"] = st.query_params.get("text", next(iter(examples.values())))
    text = st.text_input("Your sentence", key="text", live="400ms", on_change=address.keep, args=("text",), max_chars=5000,
                         placeholder="Type a sentence")
    with st.container(horizontal=True):
        for i, (called, example) in enumerate(examples.items()):
            st.button(called, key=f"sentence_{i}", type="tertiary", icon=":material/format_quote:",
                      on_click=st.query_params.update, args=({"text": example},))
    return text


def _answered(side: Side, made: Reading) -> None:
    if made.left_out:
        st.warning(f"This text is too long for the model: its last {made.left_out} words and signs were left out.",
                   icon=":material/content_cut:")
    answer = made.answer
    said, words = st.columns([1, 1] if side.narrow else [2, 5], gap="large")
    with said:
        answer_line(answer)
        chances(side, answer, row=32)
    with words:
        st.markdown("**Which words decided it**", help="Each word is taken away in turn (erasure: Li, Monroe and Jurafsky "
                    "2016). The stronger its colour, the more the odds of this answer change without it.")
        st.html(plots.tinted(made.tokens, made.pull, made.known, page.dark()))
        name, unknown = answer.classes[answer.best], made.known.count(False)
        st.caption(f":blue[Blue] words speak for “{name}”, :orange[orange] ones against it." + (
            f" The model has never read the underlined {'one' if unknown == 1 else 'ones'}." if unknown else ""))


def attention(side: Side, tokens: Sequence[str], known: Sequence[bool], layers: Sequence[np.ndarray]) -> None:
    """The maps of every head, and one of them to read; `known`: whether each token is in the vocabulary."""
    few, large = st.columns([1, 1] if side.narrow else [2, 3], gap="large")
    with few:
        words, weights, most = pick_map(side, layers)
    with large:
        st.markdown(f"**{words}**")
        _drawn(side, [token if here else f"{token} (?)" for token, here in zip(tokens, known, strict=True)], words, weights,
               most)


def pick_map(
    side: Side, layers: Sequence[np.ndarray], *, flows: bool = True, first: str | None = None
) -> tuple[str, np.ndarray, float]:
    """Every head of every layer as a tile to pick from: what the picked one is called, its weights `(query, key)`, and the
    largest weight that takes the full colour. `layers`: each `(heads, query, key)`; `flows`: what one layer gives the next
    one reads, so that they can be followed through all; `first`: the map that is met with (`3.mean`)."""
    key, dark = f"{side.key}head", page.dark()
    groups: list[tuple[str, dict[str, tuple[str, np.ndarray]]]] = []  # of each map: what it is called, and its weights
    for layer, of_layer in enumerate(layers, 1):
        maps = {f"{layer}.{head}": (f"Layer {layer}, head {head}", weights) for head, weights in enumerate(of_layer, 1)}
        if len(of_layer) > 1:
            maps[f"{layer}.mean"] = (f"Layer {layer}, mean of its heads", of_layer.mean(0))
        groups.append((f"Layer {layer}", maps))
    if flows and len(layers) > 1:
        groups.append(("All layers", {"rollout": ("Rollout through all layers", reading.rollout(layers))}))
    titles = {name: shown for _, maps in groups for name, shown in maps.items()}
    heads = max(float(weights.max()) for weights in layers)
    most = {name: float(weights.max()) if name == "rollout" else heads for name, (_, weights) in titles.items()}
    chosen = address.choice(key, list(titles), first if first in titles else None)
    st.markdown("**Attention: who looks at whom**", help="Each square is one head of one layer, or their mean. A row is "
                "the word that looks, a column the word that is looked at. "
                + ("The rollout follows the attention through all layers (Abnar and Zuidema 2020). " if flows else "")
                + "Pick one to read it.")
    tiles([
        Group(title, "", [
            Tile(name, words, plots.coloured(weights, dark, most[name], signed=False))
            for name, (words, weights) in maps.items()
        ]) for title, maps in groups
    ], chosen, lambda picked: st.query_params.update({key: picked}), key=f"{key}s", side=76)
    return *titles[chosen], most[chosen]


def _drawn(side: Side, tokens: list[str], words: str, weights: np.ndarray, most: float) -> None:
    """One map, as a matrix or as lines between the words."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        drawn = address.segments("How to draw it", f"{side.key}drawn", ["Matrix", "Lines"])
        if drawn == "Lines":
            places = ["every word", *(f"{place}: {token}" for place, token in enumerate(tokens, 1))]
            looks = address.select("Who looks", f"{side.key}looks", places, width=200)
    if drawn == "Matrix":
        chart(plots.attention(weights, tokens, most), key=f"{side.key}attention",
              height=min(720, max(320, 28 * len(tokens) + 90)), alt=f"Attention of {words[0].lower()}{words[1:]}.")
        return
    picked = places.index(looks) - 1
    chart(plots.attention_lines(weights, tokens, most, BLUE, picked if picked >= 0 else None), key=f"{side.key}lines",
          height=22 * len(tokens) + 20, alt=f"Attention of {words[0].lower()}{words[1:]}, as lines.")
    st.caption("From the words at the left, which look, to those at the right, which are looked at.")
