"""A picture is named: the answer, what spoke for it, and the way through the layers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st
from torch import Tensor

from core.inside import classify, layers
from core.plots import inside as plots
from core.ui import page
from core.ui.inside.maps import Sight, way
from core.ui.inside.question import ask_small
from core.ui.inside.side import Side, answer_line, chances, places

fits = classify.fits


def show(sides: Sequence[Side]) -> None:
    question, answers = st.columns([4, 9], gap="large")
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
    for side, image in zip(sides, images, strict=True):
        if layers.fits(side.loaded):
            sight = Sight(plots.pixels(image), partial(classify.origin, side.loaded, image))
            way(side, classify.trace(side.loaded, image), sight)


def _answered(side: Side, image: Tensor) -> None:
    answer = classify.classify(side.loaded, image)
    name = answer.classes[answer.best]
    seen, bars = st.columns(1 if side.narrow else [4, 5], gap="medium") * (2 if side.narrow else 1)
    with seen:
        answer_line(answer)
        one, two = st.columns(2, wrap=False)
        with one:
            st.image(plots.enlarged(plots.pixels(image), 224), width="stretch")
            st.caption("As the network sees it")
        with two:
            _evidence(side, image, answer.best, name)
    with bars:
        chances(side, answer, row=30)


def _evidence(side: Side, image: Tensor, best: int, name: str) -> None:
    field = classify.evidence(side.loaded, image, best)
    if field is None:
        st.caption("This answer counts votes or picks the nearest: it has no slope that says how much each pixel matters.")
        return
    most = float(np.abs(field).max())
    st.image(plots.enlarged(plots.coloured(field, page.dark(), most, signed=True), 224), width="stretch")
    st.caption(f":blue[For] and :orange[against] {name}", help="Integrated gradients (Sundararajan, Taly and Yan "
               "2017): how much each pixel raised or lowered this answer, compared with an empty picture.")
