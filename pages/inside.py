"""Inside: ask a model something and see what happens in it. The address holds the run, its checkpoint and the question."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import catalog
from core.errors import UserError
from core.tracking import read
from core.ui import address, page
from core.ui.inside import (
    adding,
    answering,
    arithmetic,
    boundary,
    captioning,
    cleaning,
    coding,
    colouring,
    embedding,
    exciting,
    filling,
    gallery,
    generating,
    judging,
    listening,
    mending,
    naming,
    playing,
    projecting,
    reading,
    recalling,
    testset,
    translating,
    weights,
    writing,
)
from core.ui.inside.loading import loaded
from core.ui.inside.side import Side
from core.ui.run_picker import pick_checkpoint, pick_run

# Each has a TITLE, `fits(loaded)` and `show(sides)`.
VIEWS = (playing, naming, cleaning, coding, generating, gallery, arithmetic, projecting, judging, mending, colouring,
         reading, filling, translating, captioning, writing, adding, recalling, answering, listening, boundary, testset,
         embedding, weights, exciting)
MOST = 500  # runs to pick from, and those that the address names


def main() -> None:
    action = page.opening("Inside", "Ask a trained model something, and see what happens in it on the way to its answer.")
    named = read.some(st.query_params.get(key, "") for key in ("run", "other"))
    offered = {run.id: run for run in [*read.runs()[:MOST], *named]}
    runs = [run for run in offered.values() if run.state != "SCHEDULED" and not run.finds_rate]
    if not runs:
        empty()
        return
    with action:
        st.page_link("pages/launch.py", label="Train another", icon=":material/rocket_launch:")
    if (wanted := st.query_params.get("run")) and wanted not in {run.id for run in runs}:
        st.warning(gone(wanted), icon=":material/search_off:")
    first, checkpoint, second = st.columns([3, 2, 3], gap="medium")
    with first:
        run = pick_run("Run", runs, key="run")
    with second:
        other = pick_run("Compare with", [other for other in runs if takes_the_same(run, other)], key="other", optional=True)
    asked = [("", run, checkpoint)] + ([("other_", other, second)] if other else [])
    sides = []
    for key, each, place in asked:
        with place:
            steps, step = checkpoints(key, each)
        newest = step is None
        try:
            # Without a checkpoint `load` says why; -1 stands for it in the cache.
            model = loaded(each.id, max(steps, default=-1) if newest else step, newest)
            sides.append(Side(key, model, narrow=len(asked) > 1))
        except UserError as error:
            st.error(str(error), icon=":material/error:")
    if len(sides) == len(asked):
        st.space("small")
        view(sides)


def gone(run_id: str) -> str:
    """Why the run that the address names can't be picked."""
    try:
        return f"{read.run(run_id).name} is still waiting: look inside once it trains. Another run is shown."
    except UserError as error:
        return f"{error} Another run is shown."


def takes_the_same(run: read.Run, other: read.Run) -> bool:
    """Whether both can be asked the same: the same task, and pictures of as many channels or rows of the same features."""
    return run.params["task"] == other.params["task"] and form(run) == form(other)


def form(run: read.Run) -> int | str | tuple[str, ...] | None:
    """The channels of the pictures, the names of the features or the game that a run takes; None for sentences and texts,
    and where its settings can't be read any more."""
    try:
        spec = catalog.get("dataset", run.params["dataset"])(run.experiment.data).spec()
    except UserError:
        return None
    return spec.shape[0] if spec.kind == "images" else spec.features or spec.game or None


def checkpoints(key: str, run: read.Run) -> tuple[list[int], int | None]:
    """The steps at which a run kept its weights, and the one that the person picked: None is the newest."""
    steps = read.checkpoints(run.id)
    step = pick_checkpoint(steps, key=f"{key}step")
    if run.state == "RUNNING" and step is None:
        follow(run.id, steps)
    return steps, step


@st.fragment(run_every=3)
def follow(run_id: str, steps: list[int]) -> None:
    """Draws the page again when a run that still trains has kept a newer checkpoint, or has ended."""
    if read.checkpoints(run_id) != steps or read.run(run_id).state != "RUNNING":
        st.rerun()
    st.caption(":primary[●] Still training: this follows its newest checkpoint.")


def empty() -> None:
    """What a newcomer sees."""
    with st.container(border=True):
        st.subheader("Nothing to look into yet", anchor=False)
        st.markdown(
            "Once a model has trained for a few seconds, you can draw a digit and watch it pass through the layers, turn "
            "the knobs of a face, clean a noisy photograph, or see which word of your sentence looks at which."
        )
        st.page_link("pages/launch.py", label="Train a first model", icon=":material/rocket_launch:",
                     query_params={"task": "classification", "architecture": "lenet", "dataset": "digits"})


@st.fragment
def view(sides: Sequence[Side]) -> None:
    """One of the views that the models have the parts for, found in the models themselves. All are asked the same."""
    fitting = {kind.TITLE: kind for kind in VIEWS if all(kind.fits(side.loaded) for side in sides)}
    if not fitting:
        return
    title = next(iter(fitting))
    if len(fitting) > 1:
        title = address.segments("What to look at", "view", list(fitting))
        st.space("small")
    try:
        fitting[title].show(sides)
    except UserError as error:
        st.error(str(error), icon=":material/error:")


main()
