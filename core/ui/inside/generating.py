"""Pictures out of noise: the knobs of a latent space, a map of it, and walks through it."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from core.inside import latent, layers
from core.inside.load import Loaded
from core.plots import inside as plots
from core.tasks.pictures import grid
from core.ui import address
from core.ui.inside.drawn import download, named, of_class, walked
from core.ui.inside.maps import way
from core.ui.inside.side import Side, places
from core.ui.picture_map import picture_map

KNOBS, FURTHEST = 6, 3.0  # directions, and how far each is turned, in standard deviations of the noise
PLACES = 21  # of the map, across and down
SEEDS = 999_999

TITLE = "Latent space"
fits = latent.fits


def show(sides: Sequence[Side]) -> None:
    sides = of_class(sides)
    seed = address.whole("seed", 0, 0, SEEDS)
    st.subheader("Turn the knobs", anchor=False,
                 help="The knobs are the directions of the latent space along which the pictures change most: principal "
                 "components, carried back to the latent space (after GANSpace, Härkönen et al. 2020).")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("New noise", icon=":material/casino:", type="primary", on_click=_new_noise)
        address.number_field("Seed of the noise", "seed", 0, SEEDS, width=160)
        st.button("Knobs to the middle", icon=":material/restart_alt:", on_click=st.query_params.pop, args=("knobs", None),
                  disabled="knobs" not in st.query_params)
    for side, place in zip(sides, places(sides), strict=True):
        with place:
            _knobs(side, seed)
    st.subheader("A map of two knobs", anchor=False,
                 help="One knob is turned across, another down, from end to end; the noise of the seed lies in the middle.")
    with st.container(horizontal=True):
        across, down = (_which(key, label, default) for key, label, default in
                        (("across", "Across", 1), ("down", "Down", 2)))
    for side, place in zip(sides, places(sides), strict=True):
        with place:
            _map(side, seed, across, down)
    st.subheader("Walk from one to another", anchor=False,
                 help="Points on the great circle between two points of noise (Shoemake 1985): a straight line would leave "
                 "the shell on which the model has learned to draw.")
    _walk(sides, seed)
    for side in sides:
        if layers.fits(side.loaded):
            way(side, latent.trace(side.loaded, latent.noise(side.loaded, seed)))


@st.cache_data(max_entries=16, show_spinner="Searching for the directions that change the pictures most …")
def _directions(name: tuple, _loaded: Loaded) -> latent.Directions:
    return latent.directions(_loaded, KNOBS)


@st.cache_data(max_entries=16, show_spinner=False)
def _film(name: tuple, seed: int, to: int, _loaded: Loaded) -> bytes:
    """The walk from one seed to another as an animated WebP."""
    start, end = latent.noise(_loaded, seed), latent.noise(_loaded, to)
    return plots.film(latent.pictures(_loaded, latent.slerp(start, end, np.linspace(0, 1, 30))))


@st.cache_data(max_entries=8, show_spinner="Drawing the map …")
def _sheet(name: tuple, seed: int, across: int, down: int, _loaded: Loaded, _knobs: latent.Directions) -> np.ndarray:
    """The pictures of the map in one, uint8 `(height, width, 3)`."""
    points = latent.plane(latent.noise(_loaded, seed), _knobs, across, down, FURTHEST, PLACES)
    drawn = np.concatenate([latent.pictures(_loaded, part) for part in points.split(63)])
    return grid(torch.from_numpy(drawn).permute(0, 3, 1, 2), PLACES, gap=0)


def _new_noise() -> None:
    st.query_params["seed"] = str(random.randrange(10_000))
    st.query_params.pop("knobs", None)


def _turns() -> list[float]:
    """How far each knob is turned, out of the address."""
    found = []
    for text in st.query_params.get("knobs", "").split(",")[:KNOBS]:
        try:
            found.append(min(FURTHEST, max(-FURTHEST, float(text))))
        except ValueError:
            found.append(0.0)
    return found + [0.0] * (KNOBS - len(found))


def _keep_knob(key: str, which: int) -> None:
    turns = _turns()
    turns[which] = st.session_state[key]
    st.query_params["knobs"] = ",".join(f"{turn:g}" for turn in turns)


def _knobs(side: Side, seed: int) -> None:
    """The picture that the turned knobs give, and below each knob the pictures along its way."""
    point, turns = latent.noise(side.loaded, seed), _turns()
    knobs = _directions(named(side), side.loaded)
    large, controls = st.columns([1, 1] if side.narrow else [1, 2], gap="large")
    with large:
        picture = latent.pictures(side.loaded, latent.turned(point, knobs, turns))[0]
        st.image(plots.enlarged(picture, 512, smooth=True), width="stretch")
        download(plots.enlarged(picture, 512, smooth=True), f"picture {seed}", f"{side.key}knobs")
    with controls:
        columns = 1 if side.narrow else 2
        for start in range(0, len(knobs.shares), columns):
            for which, place in enumerate(st.columns(columns, gap="large"), start):
                if which < len(knobs.shares):
                    with place:
                        _knob(side, which, point, knobs, turns)


def _knob(side: Side, which: int, point: Tensor, knobs: latent.Directions, turns: list[float]) -> None:
    key = f"{side.key}knob_{which}"
    st.session_state[key] = turns[which]
    st.slider(f"Knob {which + 1}, {100 * knobs.shares[which]:.0f} % of what varies", -FURTHEST, FURTHEST, step=0.1,
              format="%.1f", key=key, on_change=_keep_knob, args=(key, which))
    points = latent.along_knob(point, knobs, turns, which, FURTHEST, count=7)
    st.image(plots.strip(latent.pictures(side.loaded, points)), width="stretch")


def _which(key: str, label: str, default: int) -> int:
    """One of the knobs, from 0."""
    names = [f"Knob {number}" for number in range(1, KNOBS + 1)]
    return names.index(address.select(label, key, names, names[default - 1], width=140))


def _map(side: Side, seed: int, across: int, down: int) -> None:
    """The pictures where two knobs are turned, to be dragged over."""
    knobs = _directions(named(side), side.loaded)
    across, down = (min(which, len(knobs.shares) - 1) for which in (across, down))
    sheet = _sheet(named(side), seed, across, down, side.loaded, knobs)
    row, column = (address.whole(f"{side.key}plane_{which}", PLACES // 2, 0, PLACES - 1) for which in ("row", "column"))

    def keep(row: int, column: int) -> None:
        st.query_params.update({f"{side.key}plane_row": str(row), f"{side.key}plane_column": str(column)})

    picture_map(sheet, PLACES, (row, column), keep, key=f"{side.key}plane")
    download(sheet, f"map {seed}", f"{side.key}plane_sheet")


def _walk(sides: Sequence[Side], seed: int) -> None:
    """Pictures on the way from the noise of one seed to that of another: by hand, as a film, and side by side."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        to = address.number_field("To the noise of seed", "to", seed + 1, SEEDS + 1, width=160)
        share = address.slider("How far", "walk", 0.5, 0.0, 1.0, 0.01)
    for side, place in zip(sides, places(sides), strict=True):
        start, end = latent.noise(side.loaded, seed), latent.noise(side.loaded, to)
        along = latent.pictures(side.loaded, latent.slerp(start, end, [share, *np.linspace(0, 1, 9)]))
        with place:
            walked(side, along[0], along[1:], _film(named(side), seed, to, side.loaded), share, f"walk {seed} to {to}",
                   f"From seed {seed} to seed {to}")
