"""What a classifier has learned, drawn: kernels, weights of the input's shape, prototypes, components."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.inside import weights
from core.plots import inside as plots
from core.plots import weights as weight_plots
from core.ui import address, page
from core.ui.chart import chart
from core.ui.inside import layer_picker
from core.ui.inside.side import Side, places
from core.ui.tiles import Group, Tile, tiles

TITLE = "Weights"
MOST = 200  # pictures, and maps on each side of a grid of kernels
fits = weights.fits


def show(sides: Sequence[Side]) -> None:
    st.caption("What was learned, whatever picture is asked about. :blue[Blue] weights add, :orange[orange] ones take away; "
               "prototypes are pictures as they stand.")
    for side, place in zip(sides, places(sides), strict=True):
        with place:
            _learned(side)


def _learned(side: Side) -> None:
    found = weights.weights(side.loaded)
    _, chosen = layer_picker.picked(side, found, found[0].name)
    with st.container(horizontal=True):
        layer_picker.boxes(side, found, chosen)
    seen, counted = st.columns(1 if side.narrow else [5, 3], gap="large") * (2 if side.narrow else 1)
    with seen:
        if chosen.pictures:
            _pictures(side, chosen)
        else:
            _grid(chosen)
    with counted:
        values = chosen.values
        chart(weight_plots.histogram(values, side.colour), key=f"{side.key}histogram", height=220,
              alt=f"How often each weight of {chosen.name} occurs.")
        st.caption(f"{values.size:,} weights, mean {page.number(float(values.mean()))}, standard deviation "
                   f"{page.number(float(values.std()))}")


def _pictures(side: Side, chosen: weights.Weights) -> None:
    """Small pictures of which one is enlarged."""
    values, dark = chosen.values, page.dark()
    number = address.whole(f"{side.key}map", 0, 0, min(len(values), MOST) - 1)
    large, words = st.columns(2, wrap=False)
    with large:
        if values.shape[1] == 1 and not weight_plots.are_levels(values):
            chart(plots.values(values[number, 0], "weight", dark), key=f"{side.key}weight", height=240,
                  alt=f"Weights of number {number}, enlarged.")
        else:
            st.image(plots.enlarged(weight_plots.seen(values, number, dark), 240), width="stretch")
    with words:
        count, _, height, width = values.shape
        st.markdown(f"**{chosen.name.capitalize()}, number {number}**")
        st.caption(f"{count:,} of them, each {height}×{width}" + (f"; the first {MOST} are shown." if count > MOST else "."))
    tiles([Group("", "", [Tile(str(i), f"{chosen.name}, number {i}", weight_plots.seen(values, i, dark))
                          for i in range(min(len(values), MOST))])],
          str(number), lambda picked: st.query_params.update({f"{side.key}map": picked}), key=f"{side.key}seen", side=52)


def _grid(chosen: weights.Weights) -> None:
    """One row or column for each output map, and across them one for each input map; lying rather than standing."""
    outputs, inputs, height, width = chosen.values.shape
    shown = chosen.values[:MOST, :MOST]
    lying = outputs < inputs
    st.image(weight_plots.grid(shown if lying else shown.swapaxes(0, 1), page.dark()), width="stretch")
    kernels = f"{height}×{width} kernels" if height * width > 1 else "weights"
    st.caption(f"{outputs} × {inputs} {kernels}: a {'row' if lying else 'column'} is an output, a "
               f"{'column' if lying else 'row'} an input." + (
        f" The first {MOST} of each are shown." if np.size(shown) < chosen.values.size else ""))
