"""What views of latent spaces share: the class that is asked for, the name of a model's pictures, a walk between two of
them, and their download."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from core.inside import latent
from core.plots import inside as plots
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
    _button(plots.png(picture), f"{name}.png", "image/png", key)


def download_film(film: bytes, name: str, key: str) -> None:
    """A button that saves an animated WebP."""
    _button(film, f"{name}.webp", "image/webp", key)


def _button(content: bytes, name: str, kind: str, key: str) -> None:
    st.download_button("Download", content, name, kind, type="tertiary", icon=":material/download:", on_click="ignore",
                       key=f"{key}_download")


def walked(side: Side, at: np.ndarray, way: np.ndarray, film: bytes, share: float, name: str, words: str) -> None:
    """A walk between two pictures: the one `at` that share of it, the walk as a film, which can be saved under a `name`, and
    pictures on the `way`, with `words` on what it leads through."""
    pair, whole = st.columns([1, 1 if side.narrow else 2], vertical_alignment="bottom")
    here, moving = pair.columns(2, wrap=False)
    here.image(plots.enlarged(at, 256, smooth=True), width="stretch")
    here.caption(f"At {100 * share:.0f} %")
    source = base64.b64encode(film).decode()
    moving.html(f'<img alt="The walk as a film" style="width:100%" src="data:image/webp;base64,{source}">')
    moving.caption("As a film")
    with moving:
        download_film(film, name, f"{side.key}walk")
    whole.image(plots.strip(way), width="stretch")
    whole.caption(words)
