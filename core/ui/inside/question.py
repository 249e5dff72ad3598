"""The person's picture: drawn, photographed, taken from the data, a photograph that comes along, or uploaded."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from io import BytesIO

import numpy as np
import streamlit as st
from torch import Tensor

from core import catalog
from core.datasets import subwords
from core.datasets.base import Split
from core.inside import pictures
from core.inside.load import Loaded
from core.plots import inside as plots
from core.ui import address
from core.ui.canvas import canvas

LONGEST = 384  # pixels of a side of a picture that is cleaned: more takes seconds
WIDEST = 20_000  # and of one that may be taken whole
SHRUNK, WHOLE = "Shrunk, at once", "Full size"
SOURCES = ["From the data", "Photograph", "Camera", "Upload"]  # of pictures of any size
FILES = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff"]


def ask_small(first: Loaded, key: str = "") -> Callable[[Loaded], Tensor] | None:
    """A picture for models that take pictures of one size: what gives it in a model's own form, uint8 `(1, channels,
    height, width)`; None where there is no picture yet. `key` starts the names of all that is asked, where the page asks for
    a second one."""
    ink = pictures.is_ink_on_black(first.spec)
    sources = ["Camera", "From the data", "Upload"]
    source = address.segments("Where the picture comes from", f"{key}input", ["Draw", *sources] if ink else sources)
    if source == "From the data":
        image, label = _example(first, key)
        st.image(plots.enlarged(plots.pixels(image), 320), caption=label, width="stretch")
        return partial(pictures.as_in_data, image)
    raw = _drawn(key) if source == "Draw" else _photographed(key) if source == "Camera" else _uploaded(key)
    if raw is None:
        return None
    if source == "Upload":
        st.image(raw, width="stretch")
    return (lambda loaded: pictures.as_ink(raw, loaded.spec)) if ink else (
        lambda loaded: pictures.as_photograph(raw, loaded.spec))


def ask_large(first: Loaded, *, whole: bool = False) -> Tensor | None:
    """A picture for models that take pictures of any size: float32 in 0..1 `(1, channels, height, width)`. It is shrunk to
    `LONGEST` pixels a side, or, where the model can take it `whole`, left so large if the person wishes."""
    source = address.segments("Where the picture comes from", "input", SOURCES)
    if source == "From the data":
        return _example(first)[0].float() / 255
    raw = _taken(source, WIDEST if whole else pictures.KEPT)
    if raw is None:
        return None
    height, width = raw.shape[:2]
    if max(height, width) <= LONGEST:
        return pictures.bounded(raw, first.spec.shape[0], LONGEST)
    if whole and address.segments("Size", "size", [SHRUNK, WHOLE]) == WHOLE:
        st.caption(f"{width:,} × {height:,} pixels, as it is: this can take minutes, and any other choice ends it.")
        return pictures.bounded(raw, first.spec.shape[0], max(height, width))
    st.caption(f"Shrunk from {width:,} × {height:,} pixels to {LONGEST} on its longer side, so that the answer comes at "
               "once.")
    return pictures.bounded(raw, first.spec.shape[0], LONGEST)


def ask_scaled(first: Loaded) -> Tensor | None:
    """As `ask_large`, a picture that is shrunk as far as the person says, at first to the size of those that the model
    learned from: things in it are then as large as they were there."""
    source = address.segments("Where the picture comes from", "input", SOURCES)
    if source == "From the data":
        return _example(first)[0].float() / 255
    raw = _taken(source)
    learned = max(first.spec.shape[1:])
    sides = [str(learned * times) for times in (1, 2, 4, 8) if learned * times <= LONGEST or times == 1]
    longest = address.select("Longer side in pixels", "side", sides, help=f"It learned from pictures of {learned} pixels: "
                             "it knows things best where they are as large as there.")
    return None if raw is None else pictures.bounded(raw, first.spec.shape[0], int(longest))


@st.cache_resource(max_entries=2, show_spinner="Reading the data set …")
def _held_out(dataset: str, data: str) -> dict[str, Split]:
    cls = catalog.get("dataset", dataset)
    found = cls(cls.Settings.model_validate_json(data)).load()
    return {"validation": found.validation, "test": found.test}


def held_out(loaded: Loaded) -> dict[str, Split]:
    """The splits by name that a model was not trained on. Raises `UserError` where the data are not here."""
    return _held_out(loaded.experiment.dataset, loaded.experiment.data.model_dump_json())


def _example(first: Loaded, key: str = "") -> tuple[Tensor, str | None]:
    """A picture that the model was not trained on, uint8 `(1, channels, height, width)`, and what it is labelled as."""
    splits = held_out(first)
    name = address.segments("Which data", f"{key}split", list(splits))
    split = splits[name]
    index = address.number_field(f"Picture of the {name} data", f"{key}index", 0, len(split) - 1,
                                 help="The model was not trained on these. Any number takes another one.")
    label = None
    if first.spec.captions:
        told = [subwords.text(numbers, first.spec) for numbers in split.targets[index].tolist()]
        label = "People wrote: " + " · ".join(caption for caption in told if caption)
    elif split.targets is not None and first.spec.classes:
        label = f"Labelled “{first.spec.classes[int(split.targets[index])]}”"
    return split.inputs[index : index + 1], label


def _drawn(key: str) -> np.ndarray | None:
    """The person's drawing, uint8 `(side, side)`."""
    drawing = canvas(st.query_params.get(f"{key}drawing", ""), key=f"{key}pad")
    if not drawing:
        st.query_params.pop(f"{key}drawing", None)
        return None
    st.query_params[f"{key}drawing"] = drawing
    return pictures.drawn(drawing)


def _taken(source: str, longest: int = pictures.KEPT) -> np.ndarray | None:
    """A picture of any size that is not of the data, uint8 `(height, width, 3)`; an uploaded one with at most `longest`
    pixels a side."""
    if source == "Photograph":
        return pictures.photograph(address.select("Photograph", "photograph", list(pictures.PHOTOGRAPHS)))
    return _photographed() if source == "Camera" else _uploaded(longest=longest)


def _uploaded(key: str = "", longest: int = pictures.KEPT) -> np.ndarray | None:
    """The person's own picture, uint8 `(height, width, 3)`, kept with at most `longest` pixels a side. The address holds its
    name."""
    file = st.file_uploader("A picture of yours", type=FILES, key=f"{key}upload", max_upload_size=50,
                            on_change=_forget_picture, args=(key,),
                            help="It stays on this server, so that this page's address shows it again.")
    return _kept(file, key, longest)


def _photographed(key: str = "") -> np.ndarray | None:
    """The same, from the camera. A picture that the address holds is shown until another is taken."""
    file = st.camera_input("Hold it before the camera", key=f"{key}camera", on_change=_forget_picture, args=(key,),
                           help="The browser asks whether it may. The picture stays on this server, so that this page's "
                           "address shows it again.")
    raw = _kept(file, key)
    if raw is not None and file is None:
        st.image(raw, width="stretch")
    return raw


def _kept(file: BytesIO | None, key: str, longest: int = pictures.KEPT) -> np.ndarray | None:
    name = f"{key}picture"
    if file is not None and name not in st.query_params:
        st.query_params[name] = pictures.keep(pictures.open_picture(file.getvalue()), longest)
    return _read(st.query_params[name]) if name in st.query_params else None


@st.cache_resource(max_entries=4, ttl=3600, show_spinner="Reading the picture …")
def _read(name: str) -> np.ndarray:
    return pictures.kept(name)


def _forget_picture(key: str) -> None:
    st.query_params.pop(f"{key}picture", None)
