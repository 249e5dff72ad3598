"""Which pixels made the model answer as it did: one of four ways to ask, for any class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import streamlit as st
from torch import Tensor

from core.inside import attribution, classify
from core.plots import inside as plots
from core.plots.style import ORANGE
from core.ui import address, page
from core.ui.chart import chart
from core.ui.inside import layer_picker
from core.ui.inside.side import Side, places

ANSWER = "Each model's own answer"
SENTENCES = {
    "Integrated gradients": "How much each pixel raised or lowered the score on the way from an empty picture to this one; "
                            "together they are its whole rise (Sundararajan, Taly and Yan 2017).",
    "Saliency": "How strongly the score would react to a small change of each pixel, whichever way (Simonyan, Vedaldi and "
                "Zisserman 2013).",
    "Occlusion": "How far the score falls where a square covers the picture (Zeiler and Fergus 2014).",
    "Grad-CAM": "Where the maps of one layer speak for the class: coarse, but calm (Selvaraju et al. 2017).",
}


def show(sides: Sequence[Side], images: Sequence[Tensor]) -> None:
    sloping = all(attribution.slopes(side.loaded, image) for side, image in zip(sides, images, strict=True))
    traced = [classify.trace(side.loaded, image) for side, image in zip(sides, images, strict=True)]
    methods = [name for name in SENTENCES if name == "Occlusion" or (sloping and (name != "Grad-CAM" or all(traced)))]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = address.segments("How to ask", "method", methods) if len(methods) > 1 else methods[0]
        asked = address.select("For the class", "class", [ANSWER, *sides[0].loaded.spec.classes], width=220)
    st.markdown(SENTENCES[method])
    if not sloping:
        st.caption("This answer counts votes or picks the nearest: it has no slope, so it can only be asked by covering "
                   "parts of the picture.")
    for side, image, maps, place in zip(sides, images, traced, places(sides), strict=True):
        with place:
            answer = classify.classify(side.loaded, image)
            target = answer.classes.index(asked) if asked in answer.classes else answer.best
            path = ""
            if method == "Grad-CAM":
                _, layer = layer_picker.picked(side, maps, maps[-1].name)
                layer_picker.boxes(side, maps, layer)
                path = layer.path
            with st.spinner("Asking …", show_time=True):
                field = _ways(side, image, target, path)[method]()
            _drawn(side, image, field, method, answer.classes[target])


def _ways(side: Side, image: Tensor, target: int, path: str) -> dict[str, Callable[[], np.ndarray]]:
    asked = (side.loaded, image, target)
    return {
        "Integrated gradients": partial(attribution.integrated_gradients, *asked),
        "Saliency": partial(attribution.saliency, *asked),
        "Occlusion": partial(attribution.occlusion, *asked),
        "Grad-CAM": partial(attribution.grad_cam, *asked, path),
    }


def _drawn(side: Side, image: Tensor, field: np.ndarray, method: str, name: str) -> None:
    signed = method in ("Integrated gradients", "Occlusion")
    one, two = st.columns(2, wrap=False)
    height = 220 if side.narrow else 320
    with one:
        chart(plots.framed(plots.pixels(image), (0, 0, 0, 0), ORANGE), key=f"{side.key}asked", height=height,
              alt="The picture.")
        st.caption("As the network sees it")
    with two:
        chart(plots.values(field, name, page.dark()), key=f"{side.key}evidence", height=height,
              alt=f"{method}: what each pixel means for {name}.")
        st.caption(f":blue[For] and :orange[against] {name}" if signed else f"What matters for {name}")
