"""A hole in a picture, painted or by chance, is filled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from torch import Tensor

from core.inside import layers, mending, pictures
from core.inside.mending import Filled
from core.plots import inside as plots
from core.ui import address, page
from core.ui.canvas import canvas
from core.ui.curtain import curtain
from core.ui.inside.maps import way
from core.ui.inside.question import ask_scaled
from core.ui.inside.side import Side, places

MAGNIFIED = 4  # times that what is left wrong is enlarged

TITLE = "Fill a hole"
fits = mending.fits


def show(sides: Sequence[Side]) -> None:
    question, answers = st.columns([5, 9], gap="large")
    with question:
        picture = ask_scaled(sides[0].loaded)
        seen = None if picture is None else _hole(sides[0], picture)
    with answers:
        if picture is None:
            st.info("Take a picture, then paint over what should go.", icon=":material/image:")
            return
        if seen is None:
            st.info("Paint over a part of the picture: here it is filled.", icon=":material/brush:")
            return
        results = [mending.fill(side.loaded, picture, seen) for side in sides]
        for side, result, place in zip(sides, results, places(sides), strict=True):
            with place:
                _compared(side, result)
    for side in sides:
        if layers.fits(side.loaded):
            way(side, mending.trace(side.loaded, picture, seen))


def _hole(side: Side, picture: Tensor) -> Tensor | None:
    """What the hole leaves visible, `(1, 1, height, width)`; None where there is none yet."""
    if address.segments("Where the hole is", "hole", ["Painted", "By chance"]) == "By chance":
        return mending.by_chance(side.loaded, picture, address.number_field("Seed of the hole", "seed", 0, 999_999))
    brush = address.whole_slider("Brush", "brush", 24, 64, help="How wide it is, where the picture's longer side is 256.")
    drawing = canvas(st.query_params.get("painted", ""), key="hole_pad", over=plots.pixels(picture), pen=max(1, brush),
                     hint="Paint over what should go")
    if not drawing:
        st.query_params.pop("painted", None)
        return None
    st.query_params["painted"] = drawing
    return mending.visible(pictures.painted(drawing, tuple(picture.shape[2:]), max(1, brush)))


def _compared(side: Side, result: Filled) -> None:
    """Before and after, what differs, and how near it is to what was hidden."""
    whole, error = st.columns([3, 2], vertical_alignment="top")
    with whole:
        curtain(result.whole, result.filled, f"{side.key}filled", ("As it was", "Filled"))
    with error:
        wrong = np.abs(result.filled - result.whole).mean(2)
        st.image(plots.enlarged(plots.coloured(wrong, page.dark(), 1 / MAGNIFIED, signed=False), 320), width="stretch")
        st.caption(f"Difference × {MAGNIFIED}; {100 * result.share:.0f} % of the picture is hidden.")
    made, mean = result.likeness, result.mean
    figures = st.columns(3, wrap=False)
    figures[0].metric("Hole PSNR", f"{made.hole_psnr:.2f} dB", f"{made.hole_psnr - mean.hole_psnr:+.2f} dB",
                      help="The small number: by how much it is nearer than the mean of what is visible would be.")
    figures[1].metric("Hole error", f"{made.hole_l1:.3f}", f"{made.hole_l1 - mean.hole_l1:+.3f}",
                      delta_color="inverse", help="On the mean, where black is 0 and white is 1, and against the mean fill.")
    figures[2].metric("SSIM", f"{made.ssim:.3f}", f"{made.ssim - mean.ssim:+.3f}", help="Of the picture; 1 is the same.")
    st.caption("Measured against what was hidden. Where an object was painted over, it should not come back: there only the "
               "eye can judge.")
