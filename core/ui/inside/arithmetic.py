"""Arithmetic of pictures: the mean noise of some, less that of others, plus that of others again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
import torch

from core.inside import latent
from core.inside.load import Loaded
from core.plots import inside as plots
from core.ui import address
from core.ui.inside.drawn import download, named, of_class
from core.ui.inside.side import Side, places
from core.ui.tiles import Group, Tile, tiles

SHEET = 40  # pictures to pick from
MOST = 12  # of a group
GROUPS = ("A", "B", "C")

TITLE = "Arithmetic"
fits = latent.fits


def show(sides: Sequence[Side]) -> None:
    sides = of_class(sides)
    st.caption("Pick pictures with something in common into A, others without it into B, and into C those that are to get "
               "it: A − B + C. Three of each make it steadier than one.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        group = address.segments("Where the next picture goes", "group", GROUPS)
        first = address.number_field("Pictures from seed", "first", 0, 999_999, width=160)
        st.button("Start again", icon=":material/undo:", on_click=_forget, disabled=not any(_picked(g) for g in GROUPS))
    choice, result = st.columns([3, 2], gap="large")
    with choice:
        drawn = _pictures(named(sides[0]), tuple(range(first, first + SHEET)), sides[0].loaded)
        tiles([Group("", "", [Tile(str(first + i), f"Seed {first + i} into {group}", plots.enlarged(picture, 64))
                              for i, picture in enumerate(drawn)])],
              "", lambda name: _take(group, int(name)), key="sheet", side=64)
    with result:
        for side, place in zip(sides, places(sides), strict=True):
            with place:
                _sum(side)


def _picked(group: str) -> list[int]:
    """The seeds of a group, as the address holds them."""
    text = st.query_params.get(group.lower(), "")
    return [int(seed) for seed in text.split(",") if seed.isdecimal()][:MOST]


def _take(group: str, seed: int) -> None:
    """Takes a picture into a group, or out of it where it is in it already."""
    seeds = _picked(group)
    seeds = [other for other in seeds if other != seed] if seed in seeds else [*seeds, seed][-MOST:]
    st.query_params[group.lower()] = ",".join(map(str, seeds))


def _forget() -> None:
    for group in GROUPS:
        st.query_params.pop(group.lower(), None)


def _sum(side: Side) -> None:
    groups = {group: _picked(group) for group in GROUPS}
    if not any(groups.values()):
        st.info("Pick pictures on the sheet: here their sum appears.", icon=":material/calculate:")
        return
    for sign, (group, seeds) in zip(("", "− ", "+ "), groups.items(), strict=True):
        if seeds:
            st.markdown(f"**{sign}{group}**: the mean of {len(seeds)}")
            st.image(plots.strip(_pictures(named(side), tuple(seeds), side.loaded)), width=min(72 * len(seeds), 420))
    point = latent.sum_of(side.loaded, *groups.values())
    picture = plots.enlarged(latent.pictures(side.loaded, point)[0], 384, smooth=True)
    st.image(picture, width="stretch")
    download(picture, "sum", f"{side.key}sum")


@st.cache_data(max_entries=32, show_spinner=False)
def _pictures(name: tuple, seeds: tuple[int, ...], _loaded: Loaded) -> np.ndarray:
    return latent.pictures(_loaded, torch.cat([latent.noise(_loaded, seed) for seed in seeds]))
