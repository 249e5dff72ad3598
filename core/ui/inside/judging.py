"""What the discriminator says of a picture, generated, real or a person's own, and where it looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from torch import Tensor

from core.inside import judging
from core.inside.load import Loaded
from core.plots import inside as plots
from core.ui import address, page
from core.ui.inside import layer_picker
from core.ui.inside.drawn import download, of_class
from core.ui.inside.question import ask_small
from core.ui.inside.side import Side, places

TITLE = "Discriminator"
fits = judging.fits
WAYS = ("Grad-CAM", "Slope")


def show(sides: Sequence[Side]) -> None:
    sides = of_class(sides)
    question, answers = st.columns([5, 9], gap="large")
    with question:
        ask = _asked(sides)
    with answers:
        if ask is None:
            st.info("Give a picture: here appears what the discriminator says of it.", icon=":material/image:")
            return
        way = address.segments("How it is asked", "way", WAYS)
        for side, place in zip(sides, places(sides), strict=True):
            with place:
                _judged(side, ask(side.loaded), way)


def _asked(sides: Sequence[Side]) -> Callable[[Loaded], Tensor] | None:
    """What gives the picture for each model, float32 in 0..1 `(1, channels, height, width)`."""
    if address.segments("Whose picture", "whose", ["Generated", "Real or your own"]) == "Generated":
        seed = address.number_field("Seed of the noise", "seed", 0, 999_999)
        st.caption("Each generator draws its own picture of this noise.")
        return lambda loaded: judging.drawn(loaded, seed)
    ask = ask_small(sides[0].loaded)
    return ask and (lambda loaded: ask(loaded).float() / 255)


def _judged(side: Side, picture: Tensor, way: str) -> None:
    marks, chance = judging.score(side.loaded, picture)
    if chance:
        st.metric("The chance that it is real", f"{100 * marks[0]:.1f} %", help="As the discriminator sees it, at this "
                  "checkpoint. Where both networks are equally good, it says 50 % of every picture.")
    else:
        st.metric("Its mark", f"{marks[0]:.2f}", help="A critic's marks have no scale: a higher one means more real, and "
                  "only differences count.")
    if way == "Grad-CAM":
        maps = judging.maps(side.loaded, picture)
        convolutions = [layer for layer in maps if layer.kernels is not None]
        if not convolutions:
            st.caption("This discriminator has no maps to look at: take its slope.")
            return
        _, layer = layer_picker.picked(side, convolutions, convolutions[-1].name)
        layer_picker.boxes(side, convolutions, layer)
        field = judging.grad_cam(side.loaded, picture, layer.path)
        words = ":blue[Real] and :orange[forged], as this layer sees it"
    else:
        field = judging.slope(side.loaded, picture)
        words = "Where a change would move its answer most"
    shown, seen = st.columns(2, wrap=False)
    shown.image(plots.enlarged(plots.pixels(picture), 320, smooth=True), width="stretch")
    shown.caption("The picture")
    heat = plots.enlarged(plots.coloured(field, page.dark(), float(abs(field).max()), signed=way == "Grad-CAM"), 320)
    seen.image(heat, width="stretch")
    seen.caption(words)
    with seen:
        download(heat, "discriminator", f"{side.key}heat")
