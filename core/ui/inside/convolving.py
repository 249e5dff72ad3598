"""A convolution, worked out by hand in one place: patch, kernel, products, sum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from torch import Tensor

from core.inside import convolution
from core.plots import inside as plots
from core.plots import weights as weight_plots
from core.plots.style import ORANGE
from core.ui import address, page
from core.ui.chart import chart
from core.ui.inside import layer_picker
from core.ui.inside.side import Side

SHOWN = 3  # input maps whose products are written out


def show(sides: Sequence[Side], images: Sequence[Tensor]) -> None:
    for side, image in zip(sides, images, strict=True):
        if side.narrow:
            st.markdown(f"**{side.name}**")
        _worked_out(side, image)


def _worked_out(side: Side, image: Tensor) -> None:
    found = convolution.places(side.loaded)
    _, place = layer_picker.picked(side, found, found[0].name)
    channels, height, width = place.shape
    with st.container(horizontal=True):
        layer_picker.boxes(side, found, place)
        number = address.number_field("Output map", f"{side.key}map", 0, channels - 1, width=140)
    row, column = convolution.strongest(side.loaded, image, place.path, number)
    down, across = st.columns(2, gap="medium")
    with down:
        row = address.whole_slider("Row", f"{side.key}row", row, height - 1)
    with across:
        column = address.whole_slider("Column", f"{side.key}column", column, width - 1,
                                      help="At first the place of the map's strongest answer. Slide, or use the arrow keys: "
                                      "the kernel moves over the pixels.")
    step = convolution.worked_out(side.loaded, image, place.path, number, row, column)
    sums = step.products.sum((1, 2))  # (inputs,)
    shown = np.argsort(-np.abs(sums), kind="stable")[:SHOWN]
    reads, answers = st.columns(2, wrap=False, gap="medium")
    with reads:
        chart(plots.values(step.maps[shown[0]], "value", page.dark(), step.box, ORANGE), key=f"{side.key}reads", height=260,
              alt="The map that is read, with the patch framed.")
        st.caption(f"What it reads: input map {step.inputs[shown[0]]}" + (
            f" of {len(sums)}, which says most here" if len(sums) > 1 else ""))
    with answers:
        chart(plots.values(step.answer, "answer", page.dark(), (row, column, row + 1, column + 1), ORANGE),
              key=f"{side.key}answers", height=260, alt="The map that is answered, with the place framed.")
        st.caption(f"What it answers: {place.name}, map {number}")
    names = [str(step.inputs[i]) for i in shown]
    st.html(weight_plots.products(names, step.patches[shown], step.kernel[shown], page.dark()))
    terms = [f"{_signed(sums[i])} (map {step.inputs[i]})" for i in shown]
    if rest := len(sums) - len(shown):
        others = sums.sum() - sums[shown].sum()
        terms.append(f"{_signed(others)} ({rest} other map{'s together' if rest > 1 else ''})")
    st.markdown(f"{' '.join(terms)} {_signed(step.bias)} (bias) = **{_signed(step.value)}**")


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")
