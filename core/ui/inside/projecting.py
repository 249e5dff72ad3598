"""A person's own picture is sought among those that a generator can draw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
import torch

from core.inside import latent, projecting
from core.inside.load import Loaded
from core.plots import inside as plots
from core.ui import address
from core.ui.inside.drawn import download, download_film, named, of_class
from core.ui.inside.question import ask_small
from core.ui.inside.side import Side, places

TITLE = "Your picture"
fits = projecting.fits


def show(sides: Sequence[Side]) -> None:
    sides = of_class(sides)
    question, answers = st.columns([5, 9], gap="large")
    with question:
        ask = ask_small(sides[0].loaded)
        to = address.number_field("And from there to the noise of seed", "to", 1, 999_999)
    with answers:
        if ask is None:
            st.info("Give a picture: here appears the most similar one that can be drawn.", icon=":material/image:")
            return
        for side, place in zip(sides, places(sides), strict=True):
            with place:
                _sought(side, ask(side.loaded).numpy(), to)


def _sought(side: Side, picture: np.ndarray, to: int) -> None:
    found = _found(named(side), picture, side.loaded)
    pair, way = st.columns([2, 1])
    mine, its = pair.columns(2, wrap=False)
    mine.image(plots.enlarged(picture[0].transpose(1, 2, 0), 256, smooth=True), width="stretch")
    mine.caption("Yours, in the data's size")
    drawn = plots.enlarged(found.way[-1], 256, smooth=True)
    its.image(drawn, width="stretch")
    its.caption(f"Drawn: {found.psnr:.1f} dB", help=f"Its noise is {found.length:.2f} times as long as noise is on the "
                "mean: far from 1 the generator has seldom been, and draws worse.")
    moving = plots.film(found.way, 256, 90)
    way.image(moving, width="stretch")
    way.caption("The search")
    with its:
        download(drawn, "drawn", f"{side.key}drawn")
    with way:
        download_film(moving, "search", f"{side.key}search")
    points = latent.slerp(found.point, latent.noise(side.loaded, to), np.linspace(0, 1, 9))
    st.image(plots.strip(latent.pictures(side.loaded, points)), width="stretch")
    st.caption(f"On to seed {to}")


@st.cache_data(max_entries=16, show_spinner=False)
def _found(name: tuple, picture: np.ndarray, _loaded: Loaded) -> projecting.Projection:
    """`picture`: uint8 `(1, channels, height, width)`."""
    bar = st.progress(0.0, "Seeking it among what the generator can draw …")
    found = projecting.project(_loaded, torch.from_numpy(picture).float() / 255,
                               lambda share: bar.progress(share, "Seeking it among what the generator can draw …"))
    bar.empty()
    return found
