"""A picture is made noisy, or is so already, and is cleaned."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st
from torch import Tensor

from core.inside import layers, restore
from core.inside.load import Loaded
from core.inside.restore import Restored
from core.plots import inside as plots
from core.tasks.denoising import Noise
from core.ui import address, page
from core.ui.curtain import curtain
from core.ui.inside.maps import Sight, way
from core.ui.inside.question import LONGEST, ask_large
from core.ui.inside.side import Side, places

MAGNIFIED = 4  # times that what is left wrong is enlarged
FOLLOWED = 192  # pixels of a side of the part that is followed through the network: every layer's maps of it are kept
ASKED = ("input", "picture", "photograph", "split", "index", "size")  # which picture it is, as the address has it
KINDS = {"Gaussian noise": "gaussian", "Poisson noise, of light": "poisson", "Speckle": "speckle",
         "Salt and pepper": "salt-and-pepper", "My picture is noisy already": None}

TITLE = "Noise"
fits = restore.fits


def show(sides: Sequence[Side]) -> None:
    usual, strength = restore.usual_noise(sides[0].loaded)
    question, answers = st.columns([5, 9], gap="large")
    with question:
        picture = ask_large(sides[0].loaded, whole=True)
        usual_title = next(title for title, kind in KINDS.items() if kind == usual)
        noise = KINDS[address.select("Noise", "noise", list(KINDS), usual_title)]
        sigma, seed = strength, 0
        if noise is not None:
            sigma = address.slider(
                "Strength", "sigma", strength, 0.0, 1.0, 0.002, format="%.3f", help="Standard deviation of the noise, where "
                "0 is black and 1 is white (for Poisson's and speckle that at white), or the share of pixels that salt and "
                "pepper take.")
            seed = address.number_field("Seed of the noise", "seed", 0, 999_999)
        if noise not in (None, usual):
            known = usual_title.lower() if usual else "that of the pictures it learned from"
            st.caption(f"The model was trained on another kind: {known}.")
    with answers:
        if picture is None:
            st.info("Upload a picture: here it appears noisy and cleaned, with a curtain between.", icon=":material/image:")
            return
        large = max(picture.shape[2:]) > LONGEST
        results = [_restored(side.loaded, picture, noise, sigma, seed, large) for side in sides]
        for side, result, place in zip(sides, results, places(sides), strict=True):
            with place:
                curtain(result.noisy, result.cleaned, f"{side.key}curtain")
                _measures(result)
        if large:
            results = _closer(sides, results)
        for side, result, place in zip(sides, results, st.columns(len(sides), gap="large"), strict=True):
            with place:
                _differences(result, side.narrow)
    for side, result in zip(sides, results, strict=True):
        if layers.fits(side.loaded):
            top, left = (max(0, size - FOLLOWED) // 2 for size in result.noisy.shape[:2])
            part = result.noisy[top : top + FOLLOWED, left : left + FOLLOWED]
            with st.spinner("Following it through the network …"):
                way(side, restore.trace(side.loaded, part), Sight(part, partial(restore.origin, side.loaded, part)))
            if part.shape != result.noisy.shape:
                st.caption(f"Only the {part.shape[1]} × {part.shape[0]} pixels in the middle were followed.")


@st.cache_resource(max_entries=4, ttl=3600, show_spinner=False)
def _place(*key: object) -> list[Restored]:
    """Where one result is kept: empty until it is there."""
    return []


def _restored(
    loaded: Loaded, picture: Tensor, noise: Noise | None, sigma: float, seed: int, large: bool
) -> Restored:
    """What `restore` gives, now or before. A `large` picture is cleaned under a bar that shows how far it is, and kept in
    bytes."""
    place = _place(loaded.run.id, loaded.step, noise, sigma, seed, *(st.query_params.get(name) for name in ASKED))
    if place:
        return place[0]
    if not large:
        with st.spinner("Cleaning …"):
            place.append(restore.restore(loaded, picture, noise, sigma, seed))
        return place[0]
    bar = st.progress(0.0, "Starting …")
    try:
        found = restore.restore(loaded, picture, noise, sigma, seed, _progress(bar.progress))
    finally:
        bar.empty()
    shown = {name: plots.picture(getattr(found, name)).reshape(found.cleaned.shape)
             for name in ("noisy", "cleaned", "clean") if getattr(found, name) is not None}
    place.append(replace(found, **shown))
    return place[0]


def _progress(draw: Callable[[float, str], None]) -> Callable[[int, int], None]:
    start = time.monotonic()

    def told(done: int, total: int) -> None:
        left = (time.monotonic() - start) / done * (total - done) if done else None
        draw(done / total, f"Part {done + 1} of {total}" + (f", some {page.duration(left)} left" if left else ""))

    return told


def _measures(result: Restored) -> None:
    if result.psnr is None:
        st.caption("How good it is can't be measured: nobody knows the picture without its noise.")
        return
    before, after = st.columns(2)
    before.caption(f"{result.psnr[0]:.2f} dB, SSIM {result.ssim[0]:.3f}: noisy")
    after.caption(f"**{result.psnr[1]:.2f} dB** ({result.psnr[1] - result.psnr[0]:+.2f}), "
                  f"SSIM **{result.ssim[1]:.3f}**: cleaned")


def _closer(sides: Sequence[Side], results: Sequence[Restored]) -> list[Restored]:
    """A part of a large picture, pixel by pixel: where it lies is chosen; its curtain, and what there is of it."""
    st.subheader("Closer", anchor=False)
    across = address.slider("From left to right", "across", 0.5, 0.0, 1.0, 0.01)
    down = address.slider("From top to bottom", "down", 0.5, 0.0, 1.0, 0.01)
    height, width = results[0].cleaned.shape[:2]
    top, left = round(down * max(0, height - LONGEST)), round(across * max(0, width - LONGEST))

    def part(image: np.ndarray | None) -> np.ndarray | None:
        return None if image is None else image[top : top + LONGEST, left : left + LONGEST].astype(np.float32) / 255

    cut = [replace(result, noisy=part(result.noisy), cleaned=part(result.cleaned), clean=part(result.clean))
           for result in results]
    for side, result, place in zip(sides, cut, st.columns(len(sides), gap="large"), strict=True):
        with place:
            curtain(result.noisy, result.cleaned, f"{side.key}closer", save=False)
    return cut


def _differences(result: Restored, narrow: bool) -> None:
    """The picture as it was and what is wrong with the noisy and the cleaned one, or else what was taken out."""
    taken = result.noisy - result.cleaned
    shown = [(f"Taken out × {MAGNIFIED}", plots.coloured(taken.mean(2), page.dark(), 1 / MAGNIFIED, signed=True),
              "Noisy less cleaned: where it shows the things in the picture, more than noise went with it")]
    if result.clean is not None:
        error = np.abs(result.cleaned - result.clean).mean(2)
        shown = [("As it was", result.clean, "The picture without noise"),
                 (f"Error × {MAGNIFIED}", plots.coloured(error, page.dark(), 1 / MAGNIFIED, signed=False),
                  "What is wrong with the cleaned one"), *shown]
    for place, (name, image, words) in zip(st.columns(2 if narrow else 3), shown[-2:] if narrow else shown, strict=False):
        with place:
            st.markdown(f"**{name}**")
            st.image(plots.enlarged(image, 320), width="stretch")
            st.caption(words)
