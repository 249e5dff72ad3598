"""The pictures that excite a neuron or a map most: those of the data, and one that is made for it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.inside import classify, exciting
from core.inside.data import Sample
from core.inside.load import Loaded
from core.plots import inside as plots
from core.plots import weights as weight_plots
from core.plots.style import ORANGE
from core.ui import address, wall
from core.ui.inside import layer_picker
from core.ui.inside.question import held_out
from core.ui.inside.side import Side, places

TITLE = "What excites it"
fits = classify.fits


def show(sides: Sequence[Side]) -> None:
    st.caption("Which pictures a part of the network answers most to: a neuron, a map, or the answer itself.")
    for side, place in zip(sides, places(sides), strict=True):
        with place:
            _excited(side)


def _excited(side: Side) -> None:
    found = exciting.places(side.loaded)
    _, place = layer_picker.picked(side, found, found[-1].name)
    with st.container(horizontal=True):
        layer_picker.boxes(side, found, place)
        if place.path:
            unit = address.number_field("Map" if len(place.shape) > 1 else "Neuron", f"{side.key}map", 0, place.shape[0] - 1,
                                        width=140)
        else:
            classes = side.loaded.spec.classes
            unit = classes.index(address.select("Class", "class", list(classes), width=180))
        seed = address.number_field("Seed", "seed", 0, 999_999, width=140, help="Of the noise that the made picture grows "
                                    "out of.")
    made, held = st.columns(1 if side.narrow else [2, 3], gap="large") * (2 if side.narrow else 1)
    with made:
        st.markdown("**Made for it**", help="Out of faint noise, by climbing the slope of its answer (Erhan et al. 2009), "
                    "moved to and fro and blurred a little on the way (Olah et al. 2017).")
        asked = (side.loaded.run.id, side.loaded.step, place.path, unit)
        picture = _made(*asked, seed, side.loaded)
        if picture is None:
            st.caption("Nothing in a picture moves this answer: it has no slope, or it is silent.")
        else:
            st.image(plots.enlarged(picture.picture, 320), width=320)
            mean = ", over the whole map," if len(place.shape) > 1 else ""
            st.caption(f"Its answer{mean} rises from {picture.before:.2f} to {picture.after:.2f}.")
    with held:
        st.markdown("**Found for it**", help=f"Of the first {exciting.MOST:,} pictures of the test data. The frame is "
                    "around what its strongest answer hangs on.")
        wall.pictures(_held(*asked, side.loaded))


@st.cache_data(max_entries=64, show_spinner="Making a picture that excites it …")
def _made(run_id: str, step: int, path: str, unit: int, seed: int, _loaded: Loaded) -> exciting.Made | None:
    return exciting.made(_loaded, path, unit, seed=seed)


@st.cache_data(max_entries=4, show_spinner="Asking it about the test pictures …")
def _found(run_id: str, step: int, path: str, _loaded: Loaded) -> exciting.Found:
    return exciting.found(_loaded, held_out(_loaded)["test"], path)


@st.cache_data(max_entries=64, show_spinner="Looking for what they have in common …")
def _held(run_id: str, step: int, path: str, unit: int, _loaded: Loaded) -> list[Sample]:
    """The pictures that excite a unit most, with a frame around what does, and the words below."""
    split, found = held_out(_loaded)["test"], _found(run_id, step, path, _loaded)
    seen = []
    for value, index, spot in zip(found.values[unit], found.index[unit], found.spots[unit], strict=True):
        image = split.inputs[index : index + 1]
        box = classify.origin(_loaded, image, path, unit, tuple(spot.tolist())).box if found.maps else None
        label = _loaded.spec.classes[int(split.targets[index])]
        framed = weight_plots.boxed(plots.pixels(image), box, 160, ORANGE)
        seen.append(Sample(framed, f"“{label}”, {value:.2f}"))
    return seen
