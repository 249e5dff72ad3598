"""What pooling keeps of a map, before and after."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from torch import Tensor

from core.inside import pooling
from core.plots import inside as plots
from core.plots import weights as weight_plots
from core.plots.style import ORANGE
from core.ui import address, page
from core.ui.chart import chart
from core.ui.inside import layer_picker
from core.ui.inside.side import Side


def show(sides: Sequence[Side], images: Sequence[Tensor]) -> None:
    for side, image in zip(sides, images, strict=True):
        if side.narrow:
            st.markdown(f"**{side.name}**")
        _kept(side, image)


def _kept(side: Side, image: Tensor) -> None:
    found = pooling.places(side.loaded)
    _, place = layer_picker.picked(side, found, found[0].name)
    with st.container(horizontal=True):
        layer_picker.boxes(side, found, place)
        strongest = pooling.strongest(side.loaded, image, place.path)
        number = address.number_field("Map", f"{side.key}map", strongest, place.shape[0] - 1, width=140)
    pooled = pooling.pooled(side.loaded, image, place.path, number)
    before, after = st.columns(2, wrap=False, gap="medium")
    with before:
        figure = plots.values(pooled.before, "before", page.dark())
        chart(weight_plots.marked(figure, pooled.rows, pooled.columns, pooled.kept, ORANGE), key=f"{side.key}before",
              height=360, alt="The map before pooling, with what is kept marked.")
    with after:
        chart(plots.values(pooled.after, "after", page.dark()), key=f"{side.key}after", height=360,
              alt="The map after pooling.")
    (height, width), (less_high, less_wide) = pooled.before.shape, pooled.after.shape
    how = ("of each window only the largest number, marked in :orange[orange], goes on" if pooled.kept is not None else
           "each framed block becomes its mean")
    st.caption(f"From {height}×{width} to {less_high}×{less_wide}: {how}. {pooled.before.size:,} numbers become "
               f"{pooled.after.size:,}.")
