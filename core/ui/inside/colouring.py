"""A grey picture, or a black-and-white film, is coloured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from core.inside import colouring, films, layers
from core.inside.colouring import Coloured
from core.inside.films import Film
from core.inside.load import Loaded
from core.plots import inside as plots
from core.ui import address, page
from core.ui.curtain import curtain
from core.ui.inside.maps import way
from core.ui.inside.question import ask_large
from core.ui.inside.side import Side, places

AT_ONCE = 12  # frames
MAGNIFIED = 2  # times that what is left wrong is enlarged

TITLE = "Give colours"
fits = colouring.fits


def show(sides: Sequence[Side]) -> None:
    LOOKS[address.segments("What is coloured", "kind", list(LOOKS))](sides)


def _side(loaded: Loaded) -> int:
    """How large the model sees the picture."""
    learned = max(loaded.spec.shape[1:])
    return int(address.select(
        "Seen with a longer side of", "side", [str(learned * times) for times in (1, 2, 4, 8)],
        format_func=lambda side: f"{side} pixels", help=f"It learned from pictures of {learned} pixels, and knows things "
        "best where they are as large as there. The colours are laid on the picture as large as it is."))


# ---- a picture


def _picture(sides: Sequence[Side]) -> None:
    question, answers = st.columns([5, 9], gap="large")
    with question:
        picture = ask_large(sides[0].loaded)
        seen = _side(sides[0].loaded)
    with answers:
        if picture is None:
            st.info("Take a picture, in colour or not: here it is made grey, and coloured.", icon=":material/image:")
            return
        for side, place in zip(sides, places(sides), strict=True):
            with place:
                _compared(side, colouring.colour(side.loaded, picture, seen))
    for side in sides:
        if layers.fits(side.loaded):
            way(side, colouring.trace(side.loaded, picture, seen))


def _compared(side: Side, result: Coloured) -> None:
    whole, beside = st.columns([3, 2], vertical_alignment="top")
    with whole:
        curtain(result.grey, result.coloured, f"{side.key}coloured", ("Grey", "Coloured"))
    with beside:
        st.image(plots.enlarged(result.given, 320), width="stretch")
        st.caption("As it was")
        if result.error:
            wrong = np.abs(result.coloured - result.given).mean(2)
            st.image(plots.enlarged(plots.coloured(wrong, page.dark(), 1 / MAGNIFIED, signed=False), 320), width="stretch")
            st.caption(f"Difference × {MAGNIFIED}")
    if result.error is None or result.psnr is None:
        st.caption("It has no colours to compare with.")
        return
    error, level = st.columns(2, wrap=False)
    error.metric("Error in a and b", f"{result.error[0]:.1f}", f"{result.error[0] - result.error[1]:+.1f}",
                 delta_color="inverse", help="Root mean square distance in Lab's a and b, and by how much it differs from "
                 "that of the grey picture. Vivid colours that might have been, but were not, count as errors.")
    level.metric("PSNR", f"{result.psnr[0]:.2f} dB", f"{result.psnr[0] - result.psnr[1]:+.2f} dB",
                 help="Of the coloured picture, and by how much it is above that of the grey one.")


# ---- a film


def _film(sides: Sequence[Side]) -> None:
    question, answers = st.columns([5, 9], gap="large")
    with question:
        film = _asked()
        seen = _side(sides[0].loaded)
        share = address.slider("Steadiness", "steady", 0.8, 0.0, 0.95, 0.05, help="How much of a place's colour stays from "
                               "frame to frame while its lightness does: against flicker.")
    with answers:
        if film is None:
            st.info("Upload a short film: here it is coloured, frame by frame.", icon=":material/movie:")
            return
        for side, place in zip(sides, places(sides), strict=True):
            with place:
                _played(side, film, seen, share)


def _asked() -> Film | None:
    """The person's film; the address holds its name."""
    file = st.file_uploader("A film of yours", type=films.KINDS, key="film_upload", max_upload_size=100,
                            on_change=st.query_params.pop, args=("film", None),
                            help="It stays on this server, so that this page's address shows it again.")
    if file is not None and "film" not in st.query_params:
        st.query_params["film"] = films.keep(file.getvalue())
    if "film" not in st.query_params:
        return None
    film = _opened(st.query_params["film"])
    st.video(_written(st.query_params["film"], film), loop=True, autoplay=True, muted=True)
    height, width = film.frames.shape[1:3]
    st.caption(f"{len(film.frames)} frames of {width} × {height} pixels" + (
        f"; the film goes on, but only its first {films.MOST} frames are taken." if film.more else "."))
    return film


@st.cache_resource(max_entries=2, show_spinner="Opening the film …")
def _opened(name: str) -> Film:
    return films.kept(name)


@st.cache_data(max_entries=2, show_spinner=False)
def _written(name: str, _film: Film) -> bytes:
    return films.mp4(iter(_film.frames), _film.rate)


@st.cache_resource(max_entries=200, show_spinner=False)
def _colours(
    run_id: str, step: int, name: str, seen: int, start: int, _loaded: Loaded, _film: Film
) -> tuple[Tensor, Tensor]:
    """a and b of some frames, and their lightness, in the size in which they are seen."""
    light = colouring.lightness(_film.frames[start : start + AT_ONCE])
    return colouring.colours(_loaded, light, seen), colouring.shrunk(light, seen)


@st.cache_data(max_entries=8, show_spinner="Writing the film …")
def _made(run_id: str, step: int, name: str, seen: int, share: float, _film: Film, _ab: Tensor) -> tuple[bytes, bytes]:
    """The coloured film as MP4 and as animated WebP."""
    frames = list(colouring.laid_on(_film.frames, _ab))
    return films.mp4(iter(frames), _film.rate), films.webp(iter(frames), _film.rate)


def _played(side: Side, film: Film, seen: int, share: float) -> None:
    asked = side.loaded.run.id, side.loaded.step, st.query_params["film"], seen
    progress = st.progress(0.0, "Colouring the film …")
    parts = []
    for start in range(0, len(film.frames), AT_ONCE):
        parts.append(_colours(*asked, start, side.loaded, film))
        progress.progress(min(1.0, (start + AT_ONCE) / len(film.frames)), "Colouring the film …")
    progress.empty()
    ab, light = (torch.cat(each) for each in zip(*parts, strict=True))
    calm = colouring.steady(ab, light, share)
    written, animated = _made(*asked, share, film, calm)
    st.video(written, loop=True, autoplay=True, muted=True)
    before, after = (colouring.flicker(each, light) for each in (ab, calm))
    st.metric("Flicker", f"{after:.2f}", f"{after - before:+.2f} by steadiness", delta_color="inverse",
              help="By how much a colour changes from frame to frame, in Lab's a and b, where the lightness stays.")
    with st.container(horizontal=True):
        for words, content, name, kind in (("Download as MP4", written, "coloured.mp4", "video/mp4"),
                                           ("Download as WebP", animated, "coloured.webp", "image/webp")):
            st.download_button(words, content, name, kind, key=f"{side.key}{name}", on_click="ignore",
                               icon=":material/download:")


LOOKS = {"A picture": _picture, "A film": _film}
