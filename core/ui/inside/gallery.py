"""A wall of generated pictures, and how they came about: one noise at every checkpoint, of several runs side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
import torch
from PIL import Image

from core.errors import UserError
from core.inside import latent
from core.inside.load import Loaded, load
from core.plots import inside as plots
from core.plots.style import run_colour
from core.tasks.pictures import grid
from core.tracking import read
from core.ui import address, previews
from core.ui.inside.drawn import download, download_film, named, of_class
from core.ui.inside.side import Side, places
from core.ui.run_picker import title

COLUMNS, ROWS = 8, 6
SHOWN = 12  # pictures of a film's frame
RUNS = 3  # beside those that are looked into

TITLE = "Gallery"
fits = latent.fits


def show(sides: Sequence[Side]) -> None:
    sides = of_class(sides)
    first = address.number_field("Seed of the noise", "first", 0, 999_999, width=160,
                                 help="The first picture's; the next one's is one more. The same seeds give the same noise.")
    for side, place in zip(sides, places(sides), strict=True):
        with place:
            sheet = _sheet(named(side), first, COLUMNS, ROWS, side.loaded)
            st.image(plots.enlarged(sheet, 700), width="stretch")
            download(sheet, f"gallery {first}", f"{side.key}gallery")
    st.subheader("How they came about", anchor=False, help="The same noise at every checkpoint that a run kept.")
    _film(sides, first)


@st.cache_data(max_entries=200, show_spinner=False)
def _sheet(name: tuple, first: int, columns: int, rows: int, _loaded: Loaded) -> np.ndarray:
    """Pictures of as many seeds from `first` on, in one: uint8 `(height, width, 3)`."""
    points = torch.cat([latent.noise(_loaded, first + i) for i in range(columns * rows)])
    return grid(latent.decode(_loaded, points), columns)


def _film(sides: Sequence[Side], first: int) -> None:
    shown = {side.loaded.run.id: side.loaded.run for side in sides}
    others = {run.id: run for run in read.runs() if run.params["task"] == sides[0].loaded.run.params["task"]
              and run.state != "SCHEDULED" and not run.finds_rate and run.id not in shown}
    picked = [run_id for run_id in st.query_params.get("beside", "").split(",") if run_id in others]
    if others:
        st.session_state["beside"] = picked
        st.multiselect("Runs beside it", list(others), key="beside", max_selections=RUNS, placeholder="From the same noise",
                       format_func=lambda run_id: title(others[run_id]), on_change=_keep_runs)
    runs = [*shown.values(), *(others[run_id] for run_id in picked)]
    wanted = st.query_params.get("class", "")
    reels, sheets = [], []
    with st.spinner("Drawing the film …", show_time=True):
        for run in runs:
            frames, fault = [], "This run has kept no checkpoint yet: its pictures come with the first one."
            for step in read.checkpoints(run.id):
                try:
                    sheet = _enlarged(run.id, step, first, wanted)
                    frames.append(previews.Frame(step, *previews.served(Image.fromarray(sheet))))
                    if run is runs[0]:
                        sheets.append(sheet)
                except UserError as error:
                    fault = str(error)
            if frames:
                reels.append(previews.Reel("Generated", frames, title(run) if len(runs) > 1 else "", run_colour(run.id)))
            else:
                st.caption(f":material/hourglass_empty: {title(run)}: {fault}")
    if reels:
        previews.play(reels, key="gallery_film", place="at")
    if len(sheets) > 1:
        download_film(plots.film(np.stack(sheets), milliseconds=200), f"gallery {first}", "gallery_film")


def _keep_runs() -> None:
    st.query_params["beside"] = ",".join(st.session_state["beside"])


@st.cache_data(max_entries=600, show_spinner=False)
def _enlarged(run_id: str, step: int, first: int, wanted: str) -> np.ndarray:
    """The frame of a film at one of a run's checkpoints, uint8 `(height, width, 3)`."""
    model = latent.of_class(load(run_id, step), wanted)
    sheet = _sheet((run_id, step, wanted), first, COLUMNS // 2, SHOWN // (COLUMNS // 2), model)
    return plots.enlarged(sheet, 260)
