"""The feature maps of every layer, and one of them in detail: where it answers, what of the picture that hangs on, and
the filter that it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.inside import layers
from core.plots import inside as plots
from core.plots.style import ORANGE
from core.ui import address, page
from core.ui.chart import chart
from core.ui.inside import layer_picker
from core.ui.inside.side import Side
from core.ui.tiles import Group, Tile, tiles

SHOWN = 5  # maps of each layer in the overview, and weights of a filter


@dataclass(frozen=True)
class Sight:
    """What leads a map back to the question: the `picture` to draw, `(height, width, channels)`, and `origin`, which
    gives the origin of a layer's (by its path) map's (by its number) strongest answer."""

    picture: np.ndarray
    origin: Callable[[str, int], layers.Origin]


def way(side: Side, passed: list[layers.Layer], sight: Sight | None = None) -> None:
    """The strongest maps of each layer, then all maps of the picked layer, then the picked map."""
    layer_key, map_key = f"{side.key}layer", f"{side.key}map"
    followed, chosen = layer_picker.picked(side, passed, layers.finest(passed).name)
    strongest, last = layers.strongest(chosen.maps, 1)[0], len(chosen.maps) - 1
    followed_map = address.whole("map", strongest, 0, last) if chosen.name == followed.name else strongest
    number = address.whole(map_key, followed_map, 0, last)
    framed = f"{chosen.name}/{number}"

    def pick(tile: str) -> None:
        st.query_params[layer_key], _, st.query_params[map_key] = tile.rpartition("/")

    st.subheader("The way through the network" + (f": {side.name}" if side.narrow else ""), anchor=False,
                 help="Each small picture is a feature map: what one filter of a layer answers, place by place. These are "
                 "the strongest of each layer. Pick one to see where its answer comes from.")
    flow, detail = st.columns([3, 2], gap="medium")
    with flow:
        tiles([Group(layer.name.capitalize(), _size(layer.shape), _map_tiles(layer, layers.strongest(layer.maps, SHOWN)))
               for layer in layers.overview(passed, chosen.name)], framed, pick, key=f"{side.key}flow", columns=True)
    with detail, st.container(border=True):
        _single(side, chosen, number, sight)
    with st.container(horizontal=True):
        layer_picker.boxes(side, passed, chosen)
    tiles([Group("", f"All {len(chosen.maps)} maps, {_size(chosen.shape[1:])} pixels each",
                 _map_tiles(chosen, range(len(chosen.maps))))], framed, pick, key=f"{side.key}maps", side=60)


def _map_tiles(layer: layers.Layer, numbers: Sequence[int]) -> list[Tile]:
    most, signed = float(np.abs(layer.maps).max()), bool(layer.maps.min() < 0)
    return [Tile(f"{layer.name}/{i}", f"{layer.name}, map {i}", plots.coloured(layer.maps[i], page.dark(), most, signed))
            for i in numbers]


def _size(shape: Sequence[int]) -> str:
    return "×".join(str(side) for side in shape)


def _single(side: Side, layer: layers.Layer, number: int, sight: Sight | None) -> None:
    dark, field = page.dark(), layer.maps[number]
    st.markdown(f"**{layer.name.capitalize()}, map {number}**")
    large, origin = st.columns(2, wrap=False)
    spot = None
    if sight:
        found = sight.origin(layer.path, number)
        if field.shape == layer.shape[1:]:  # in a map that was averaged down the place is another
            spot = (found.row, found.column, found.row + 1, found.column + 1)
        with origin:
            chart(plots.framed(sight.picture, found.box, ORANGE), key=f"{side.key}origin", height=220,
                  alt="The picture, with a frame around what the strongest answer hangs on.")
            top, left, bottom, right = found.box
            st.caption(f"… hangs on these {bottom - top} × {right - left} pixels." if bottom else
                       "Nothing in the picture moves it: this map is silent.")
    with large:
        chart(plots.values(field, "answer", dark, spot, ORANGE), key=f"{side.key}large", height=220,
              alt=f"{layer.name}, map {number}, enlarged.")
        if sight:
            st.caption(f"Its strongest answer, {found.value:+.2f} …")
    if layer.kernels is not None:
        kernel = layer.kernels[number]  # (inputs, kernel height, kernel width)
        most = float(np.abs(kernel).max())
        weights = [plots.enlarged(plots.coloured(kernel[i], dark, most, signed=True), 96)
                   for i in layers.strongest(kernel, SHOWN)]
        st.image(plots.strip(weights, gap=12), width=len(weights) * 54)
        inputs = "its input" if len(kernel) == 1 else f"each of its {len(kernel)} inputs"
        most_of = "" if len(kernel) <= SHOWN else f", the {SHOWN} strongest of them shown"
        st.caption(f"The filter that makes it: {_size(kernel.shape[1:])} weights for {inputs}{most_of}. :blue[Blue] adds, "
                   ":orange[orange] takes away.")
