"""A picture goes through the code of an autoencoder and back; two are walked between; the test data's codes as a map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from core.datasets.base import Split
from core.inside import coding, layers, testset
from core.inside.load import Loaded
from core.plots import codes
from core.plots import inside as plots
from core.plots import testset as planes
from core.tracking import read
from core.ui import address, page
from core.ui.chart import Sheet, chart
from core.ui.inside.drawn import walked
from core.ui.inside.maps import Sight, way
from core.ui.inside.question import ask_small, held_out
from core.ui.inside.side import Side, places

MAGNIFIED = 4  # times that what is left wrong is enlarged

TITLE = "Code of a picture"
fits = coding.fits


def show(sides: Sequence[Side]) -> None:
    LOOKS[address.segments("What is looked at", "code", list(LOOKS))](sides)


def _code(sides: Sequence[Side]) -> None:
    """A picture, its code, and what comes back."""
    question, answers = st.columns([5, 9], gap="large")
    with question:
        asked = ask_small(sides[0].loaded)
    if asked is None:
        answers.info("Take a picture: here its code appears, and what comes back from it.", icon=":material/image:")
        return
    images = [asked(side.loaded) for side in sides]
    results = [coding.code(side.loaded, image) for side, image in zip(sides, images, strict=True)]
    with answers:
        for side, result, place in zip(sides, results, places(sides), strict=True):
            with place:
                _back(side, result)
    for side, image, result in zip(sides, images, results, strict=True):
        if layers.fits(side.loaded):
            way(side, coding.trace(side.loaded, image), Sight(result.picture, partial(coding.origin, side.loaded, image)))


def _back(side: Side, result: coding.Coded) -> None:
    numbers = result.code.shape[1]
    wrong = plots.coloured(np.abs(result.back - result.picture).mean(2), page.dark(), 1 / MAGNIFIED, signed=False)
    shown = [("As it was", result.picture, f"{result.picture.size:,} levels"),
             ("Back from its code", result.back, f"**{result.psnr:.2f} dB**, SSIM **{result.ssim:.3f}**"),
             (f"Error × {MAGNIFIED}", wrong, "What the code could not hold")]
    for place, (name, image, words) in zip(st.columns(3, wrap=False), shown, strict=True):
        with place:
            st.markdown(f"**{name}**")
            st.image(plots.enlarged(image, 320), width="stretch")
            st.caption(words)
    st.markdown(f"**Its code: {numbers} number{'' if numbers == 1 else 's'}**")
    chart(codes.bars(result.code[0].numpy(), side.colour), key=f"{side.key}bars", height=180,
          alt=f"The {numbers} numbers of the code.")


def _walk(sides: Sequence[Side]) -> None:
    """From the code of one picture to that of another."""
    asked = []
    for place, key, name in zip(st.columns(2, gap="large"), ("", "second_"), ("From", "To"), strict=True):
        with place:
            st.markdown(f"**{name}**")
            asked.append(ask_small(sides[0].loaded, key))
    if None in asked:
        st.info("Take two pictures: here one becomes the other.", icon=":material/image:")
        return
    share = address.slider("How far", "walk", 0.5, 0.0, 1.0, 0.01)
    for side, place in zip(sides, places(sides), strict=True):
        start, end = (coding.encode(side.loaded, ask(side.loaded)) for ask in asked)
        along = coding.walk(side.loaded, start, end, [share, *np.linspace(0, 1, 9)])
        film = plots.film(coding.walk(side.loaded, start, end, np.linspace(0, 1, 30)))
        with place:
            walked(side, along[0], along[1:], film, share, "walk",
                   "A straight line between the two codes; at its ends each picture as its code gives it back.")


@st.cache_resource(max_entries=16, ttl=3600, show_spinner="Making codes of the whole split …", show_time=True)
def _layout(run_id: str, step: int, name: str, _loaded: Loaded, _split: Split) -> tuple[np.ndarray, np.ndarray, float]:
    return coding.layout(_loaded, _split)


def _map(sides: Sequence[Side]) -> None:
    """Where the codes of the held-out data lie."""
    for side, place in zip(sides, places(sides), strict=True):
        loaded = side.loaded
        # Not what was loaded with the model: it may have ended since.
        name = "validation" if read.run(loaded.run.id).state == "RUNNING" else "test"
        split = held_out(loaded)[name]
        index, points, share = _layout(loaded.run.id, loaded.step, name, loaded, split)
        classes = loaded.spec.classes or ("pictures",)
        targets = split.targets[index].numpy() if loaded.spec.classes else np.zeros(len(index), int)
        images = testset.pictured(loaded.spec, split, index.tolist())
        columns = math.ceil(len(index) ** 0.5)
        image, size = planes.thumbnails(images, columns)
        words = [f"{classes[target]}, {name} {i}" for target, i in zip(targets, index, strict=True)]

        def pick(number: int, name: str = name, index: np.ndarray = index) -> None:
            st.query_params.update({"code": "One picture", "input": "From the data", "split": name,
                                    "index": str(index[number])})

        with place:
            chart(planes.plane(points, targets, targets, classes, words, -1, page.dark(), True), key=f"{side.key}codes",
                  height=560, on_click=pick, sheet=Sheet(image, columns, size), alt=f"{len(index)} codes in two dimensions.")
            st.caption(f"The codes of {testset.noun(loaded.spec, len(index))} of the {name} split along their two principal "
                       f"components, which show {100 * share:.0f} % of the codes' variance. Point at one to see it, click "
                       "to look into it.")


LOOKS = {"One picture": _code, "A walk": _walk, "A map": _map}
