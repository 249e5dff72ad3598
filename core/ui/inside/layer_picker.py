"""Picking a layer by its name; where there are many, by the block that it belongs to first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

from core.inside.layers import Layer, Place
from core.ui import address
from core.ui.inside.side import Side

MANY = 30  # layers in one list

Picked = TypeVar("Picked", Place, Layer)


def picked(side: Side, layers: Sequence[Picked], default: str) -> tuple[Picked, Picked]:
    """The layer that is picked in the first model and the one in this: they are the same until another is picked in this."""
    by_name = {layer.name: layer for layer in layers}
    followed = address.choice("layer", list(by_name), default)
    return by_name[followed], by_name[address.choice(f"{side.key}layer", list(by_name), followed)]


def boxes(side: Side, layers: Sequence[Picked], chosen: Picked) -> None:
    """The list to pick from, and before it, where that would be long, one of the blocks."""
    key = f"{side.key}layer"
    shown = list(layers)

    def pick_part() -> None:
        st.query_params[key] = next(layer.name for layer in layers if layer.part == st.session_state[f"{key}_part"])
        _forget(side)

    def pick_layer() -> None:
        address.keep(key)
        _forget(side)

    if len(layers) > MANY:
        shown = [layer for layer in layers if layer.part == chosen.part]
        st.session_state[f"{key}_part"] = chosen.part
        st.selectbox("Part of the network", list(dict.fromkeys(layer.part for layer in layers)), key=f"{key}_part",
                     on_change=pick_part, width=200)
    st.session_state[key] = chosen.name
    st.selectbox("Layer", [layer.name for layer in shown], key=key, format_func=str.capitalize, on_change=pick_layer,
                 width=320)


def _forget(side: Side) -> None:
    """What was picked in the layer before: in another its strongest comes first."""
    for name in ("map", "row", "column"):
        st.query_params.pop(f"{side.key}{name}", None)
