"""A picture is made noisy and cleaned."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from core.inside import layers, restore
from core.plots import inside as plots
from core.ui import address, page
from core.ui.inside.maps import Sight, way
from core.ui.inside.question import ask_large
from core.ui.inside.side import Side, places

MAGNIFIED = 4  # times that what is left wrong is enlarged

TITLE = "Noise"
fits = restore.fits


def show(sides: Sequence[Side]) -> None:
    question, answers = st.columns([5, 9], gap="large")
    with question:
        picture = ask_large(sides[0].loaded)
        sigma = address.slider("Noise", "sigma", restore.usual_noise(sides[0].loaded), 0.0, 1.0, 0.01,
                               help="Standard deviation of the noise, where 0 is black and 1 is white.")
        seed = address.number_field("Seed of the noise", "seed", 0, 999_999)
    with answers:
        if picture is None:
            st.info("Upload a picture: here it appears noisy, cleaned, and as it was.", icon=":material/image:")
            return
        results = [restore.restore(side.loaded, picture, sigma, seed) for side in sides]
        for side, result, place in zip(sides, results, places(sides), strict=True):
            with place:
                _compared(result, side.narrow)
    for side, result in zip(sides, results, strict=True):
        if layers.fits(side.loaded):
            way(side, restore.trace(side.loaded, result.noisy),
                Sight(result.noisy, partial(restore.origin, side.loaded, result.noisy)))


def _compared(result: restore.Restored, narrow: bool) -> None:
    """Noisy, cleaned and clean beside one another, and below them what is wrong with the first two."""
    gain = result.psnr[1] - result.psnr[0]
    noisy = ("Noisy", result.noisy, f"{result.psnr[0]:.2f} dB, SSIM {result.ssim[0]:.3f}")
    cleaned = ("Cleaned", result.cleaned, f"**{result.psnr[1]:.2f} dB** ({gain:+.2f}), SSIM **{result.ssim[1]:.3f}**")
    clean = ("As it was", result.clean, "The picture without noise")
    wrong = [(f"Error × {MAGNIFIED}", plots.coloured(np.abs(image - result.clean).mean(2), page.dark(), 1 / MAGNIFIED,
                                                     signed=False), f"What is wrong with the {which} one")
             for which, image in (("noisy", result.noisy), ("cleaned", result.cleaned))]
    for row in ([noisy, cleaned], [clean, wrong[1]]) if narrow else ([noisy, cleaned, clean], wrong):
        # As many columns in each row: what belongs together stands below one another.
        for place, (name, image, words) in zip(st.columns(2 if narrow else 3, wrap=False), row, strict=False):
            with place:
                st.markdown(f"**{name}**")
                st.image(plots.enlarged(image, 320), width="stretch")
                st.caption(words)
