"""A picture is named: the answer, and one of several looks at how it came about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import streamlit as st
from torch import Tensor

from core.inside import classify, convolution, layers, pooling
from core.inside.load import Loaded
from core.plots import inside as plots
from core.ui import address
from core.ui.inside import convolving, evidence, keeping
from core.ui.inside.maps import Sight, way
from core.ui.inside.question import ask_small
from core.ui.inside.side import Side, answer_line, chances, places

TITLE = "One picture"
fits = classify.fits


def _layers(sides: Sequence[Side], images: Sequence[Tensor]) -> None:
    for side, image in zip(sides, images, strict=True):
        way(side, classify.trace(side.loaded, image),
            Sight(plots.pixels(image), partial(classify.origin, side.loaded, image)))


class Look(NamedTuple):
    """A look at what a model makes of a picture: for which models it is, one sentence, and what draws it."""

    fits: Callable[[Loaded], bool]
    sentence: str
    show: Callable[[Sequence[Side], Sequence[Tensor]], None]


LOOKS = {
    "Layers": Look(layers.fits, "What each layer makes of the picture, map by map.", _layers),
    "Evidence": Look(classify.fits, "Which pixels speak for an answer, asked in different ways.", evidence.show),
    "Convolution": Look(lambda loaded: bool(convolution.places(loaded)),
                        "How one number of a feature map comes about: the kernel is laid over the pixels, each pair is "
                        "multiplied, and all is added up.", convolving.show),
    "Pooling": Look(lambda loaded: bool(pooling.places(loaded)),
                    "What is left of a map where a layer makes it smaller.", keeping.show),
}


def show(sides: Sequence[Side]) -> None:
    question, answers = st.columns([2, 3], gap="large")
    with question:
        picture = ask_small(sides[0].loaded)
    with answers:
        if picture is None:
            st.info("The answer appears here, and below it what each layer saw. It starts with your picture.",
                    icon=":material/draw:")
            return
        images = [picture(side.loaded) for side in sides]
        for side, image, place in zip(sides, images, places(sides), strict=True):
            with place:
                _answered(side, image)
    st.space("small")
    fitting = [name for name, look in LOOKS.items() if all(look.fits(side.loaded) for side in sides)]
    name = address.segments("How the answer came about", "look", fitting)
    st.caption(LOOKS[name].sentence)
    LOOKS[name].show(sides, images)


def _answered(side: Side, image: Tensor) -> None:
    answer = classify.classify(side.loaded, image)
    seen, bars = st.columns(1 if side.narrow else [2, 5], gap="medium") * (2 if side.narrow else 1)
    with seen:
        answer_line(answer)
        st.image(plots.enlarged(plots.pixels(image), 224), width=200)
        st.caption("As the network sees it")
    with bars:
        chances(side, answer, row=30)
