"""A picture is described: with the chance of each piece, what else could stand there, and where it looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from torch import Tensor

from core.datasets import subwords
from core.inside import captioning
from core.inside.data import Sample
from core.inside.load import Loaded
from core.inside.saying import Said
from core.plots import inside as plots
from core.tasks.pictures import lit
from core.ui import page, wall
from core.ui.inside import saying
from core.ui.inside.question import ask_small
from core.ui.inside.side import Side, places

BEAM = 3
LARGE, SMALL = 384, 208  # pixels of a side, where one picture is shown, and where one is for each piece

TITLE = "Caption"
fits = captioning.fits


def show(sides: Sequence[Side]) -> None:
    question, answers = st.columns([2, 5], gap="large")
    with question:
        picture = ask_small(sides[0].loaded)
        beam = saying.beam(BEAM, "captions")
    with answers:
        if picture is None:
            st.info("The caption appears here, and where each of its words looked. It starts with your picture.",
                    icon=":material/image:")
            return
        for side, place in zip(sides, places(sides), strict=True):
            fine = side.loaded.spec.model_copy(update={"shape": (3, LARGE, LARGE)})  # for the person, not for the model
            with place:
                _described(side, picture(side.loaded), picture(replace(side.loaded, spec=fine))[0], beam)


@st.cache_data(max_entries=64, show_spinner="Writing …")
def _written(run_id: str, step: int, pixels: bytes, beam: int, _image: Tensor, _loaded: Loaded) -> list[Said]:
    return captioning.best(_loaded, _image, beam)


def _described(side: Side, image: Tensor, fine: Tensor, beam: int) -> None:
    loaded = side.loaded
    found = _written(loaded.run.id, loaded.step, image.numpy().tobytes(), beam, image, loaded)
    said = saying.picked(side, found, "captions")
    looks = captioning.looks(loaded, image, said)
    st.fragment(_piece_by_piece, run_every=saying.pace(side))(side, image, fine, said, looks)
    if looks is not None:
        st.markdown("**Where each piece looked**")
        wall.pictures([Sample(plots.pixels(lit(fine, weights, SMALL)[None]), _plain(piece))
                       for piece, weights in zip(said.pieces, looks, strict=True)])


def _plain(piece: str) -> str:
    """A piece without the sign that begins a word."""
    return piece.removeprefix(subwords.SPACE)


def _piece_by_piece(side: Side, image: Tensor, fine: Tensor, said: Said, looks: Tensor | None) -> None:
    """The pieces, of which one is picked, where that one looked, and what else could stand there."""
    # At first the second, often the first that names a thing.
    place = saying.pieces(side, said, "The caption in pieces.", at_first=2)
    at = max(1, place) - 1
    first, second = (st.container(), st.container()) if side.narrow else st.columns([1, 1], gap="large")
    with first:
        if looks is None:
            st.image(plots.pixels(fine[None]), width="stretch")
            st.caption("This model has no attention: it sees the whole picture once, before the first word.")
        else:
            st.image(plots.pixels(lit(fine, looks[at], LARGE)[None]), width="stretch")
            rows, columns = looks.shape[1:]
            piece = page.plain(_plain(said.pieces[at]))
            st.caption(f"Bright: where it looked as it wrote “{piece}”. The brightest of {rows} × {columns} places has "
                       f"{100 * looks[at].max():.1f} % of its look; spread evenly, each has {100 / (rows * columns):.1f} %. "
                       "Where a model looks with several heads at once, this is their mean.")
    with second:
        saying.in_mind(side, said, at, captioning.in_mind(side.loaded, image, said, at))
