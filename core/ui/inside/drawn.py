"""What all views of a generator share: the class that is asked for, the name of a model's pictures, and their download."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from PIL import Image

from core.inside import latent
from core.ui import address
from core.ui.inside.side import Side


def of_class(sides: Sequence[Side]) -> list[Side]:
    """The models, each held to the class that is picked where it makes pictures by class."""
    names = list(dict.fromkeys(name for side in sides for name in latent.classes(side.loaded)))
    if not names:
        return list(sides)
    name = address.select("Class", "class", names, width=240)
    return [replace(side, loaded=latent.of_class(side.loaded, name)) for side in sides]


def named(side: Side) -> tuple:
    """What tells a model from all others, for what is kept of its pictures: run, step, and the class that it is held to."""
    return side.loaded.run.id, side.loaded.step, getattr(side.loaded.model, "wanted", None)


def download(picture: np.ndarray, name: str, key: str) -> None:
    """A button that saves a picture, uint8 `(height, width, 3)` or `(height, width)`."""
    held = io.BytesIO()
    Image.fromarray(picture).save(held, "PNG")
    st.download_button("Download", held.getvalue(), f"{name}.png", "image/png", type="tertiary", icon=":material/download:",
                       on_click="ignore", key=f"{key}_download")
