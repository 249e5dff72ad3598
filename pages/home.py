"""Home: what is running, what came last, and the first click of a newcomer."""

from __future__ import annotations

from textwrap import shorten

import streamlit as st

from core import catalog
from core.errors import UserError
from core.plots.illustrations import illustration
from core.tracking import read
from core.ui import page, start

LAST = 6  # ended runs on the page
PICTURES = 4  # newest previews on the page
ACTIVE = 5  # running and waiting runs on the page


def roads() -> list[tuple[str, str, str]]:
    """For each task an architecture and a data set to start with."""
    found = list(start.MET_WITH.values())
    for task in catalog.entries("task").keys() - start.MET_WITH.keys():
        found += [
            (task, architecture, dataset)
            for architecture in catalog.entries("architecture") for dataset in catalog.entries("dataset")
            if catalog.misfit(task, architecture, dataset) is None
        ][:1]
    return found


@st.cache_data(max_entries=64, show_spinner=False)
def last_picture(run_id: str) -> tuple[bytes, str, int] | None:
    """The last preview of an ended run: PNG, its name and step."""
    previews = [(name, files[-1]) for name, files in read.previews(run_id).items() if not name.startswith("test_")]
    if not previews:
        return None
    name, file = max(previews, key=lambda preview: preview[1].step)
    try:
        return read.preview_image(run_id, file), name, file.step
    except UserError:
        return None


def titles(run: read.Run) -> str:
    """`LeNet-5 on Digits`, from the catalogue where it still knows them."""
    try:
        architecture, dataset = (catalog.get(kind, run.params[kind]).card.title for kind in ("architecture", "dataset"))
    except (UserError, KeyError):
        return run.name
    return f"{architecture} on {dataset}"


@st.fragment(run_every=2)
def running_now(known: list[str]) -> None:
    """What is running or waiting. When a run comes or goes the whole page follows."""
    active = read.runs_in_state("RUNNING") + read.runs_in_state("SCHEDULED")
    if [run.id for run in active] != known:
        st.rerun()
    for run in active[:ACTIVE]:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"active_{run.id}"):
            st.page_link("pages/runs.py", label=f"**{titles(run)}**", query_params={"run": run.id}, width=260)
            left = "" if run.seconds_left is None else f" · {page.duration(run.seconds_left)} left"
            step = f" · step {run.step:,} of {run.total_steps:,}" if run.total_steps else ""
            st.progress(run.progress, text=f"{run.phase.capitalize()}{step}{left}", width="stretch")
    if len(active) > ACTIVE:
        st.page_link("pages/runs.py", label=f"and {len(active) - ACTIVE} more", icon=":material/more_horiz:")


def last_runs(ended: list[read.Run]) -> None:
    for run in ended:
        with st.container(horizontal=True, vertical_alignment="center", key=f"ended_{run.id}"):
            st.page_link("pages/runs.py", label=titles(run), query_params={"run": run.id}, width=260)
            st.markdown(page.badge_text(run.state), width=110)
            st.markdown(score(run) or f":gray[{shorten(run.cause, 90, placeholder=' …')}]", width="stretch")
            moment = run.ended or run.created
            st.markdown(f":gray[{page.ago(moment)}]", help=page.exact(moment), width="content")


def score(run: read.Run) -> str:
    """The measure that says best how good the run is, from the test split where it came so far."""
    try:
        measure = catalog.get("task", run.params["task"]).measure.removeprefix("validation/")
    except (UserError, KeyError):
        return ""
    for split in ("test", "validation"):
        if (name := f"{split}/{measure}") in run.metrics:
            return f"{page.measure(name, run.metrics[name])} :gray[{split} {page.measure_words(measure)}]"
    return ""


def cards() -> None:
    """One card a task: what it does, and the click that trains it, or what it lacks."""
    found = roads()
    for first in range(0, len(found), 4):
        for place, (task, architecture, dataset) in zip(st.columns(4), found[first : first + 4], strict=False):
            shown, data = catalog.get("task", task).card, start.availability(dataset)
            with place, st.container(border=True, height="stretch", key=f"card_{task}"):
                if drawing := illustration(task, page.dark()):
                    st.image(drawing, width="stretch", alt="")
                st.markdown(f"**{shown.title}**")
                st.markdown(shown.beginner)
                names = (catalog.get("architecture", architecture), catalog.get("dataset", dataset))
                st.markdown(f":gray[{' · '.join(cls.card.title for cls in names)}]")
                trainable = data.ready or data.fetchable
                if not trainable:
                    st.markdown(f":gray[:material/database_off: {data.sentence}]")
                st.space("stretch")
                with st.container(horizontal=True, vertical_alignment="center"):
                    if trainable and st.button("Train this", key=f"train_{task}", icon=":material/play_arrow:"):
                        start.train(task, architecture, dataset)
                    st.page_link("pages/launch.py", label="Set up first", query_params={
                        "task": task, "architecture": architecture, "dataset": dataset})


action = page.opening("Glassbox", "Train the networks that made history, watch them learn, and look inside.")
with st.spinner("Opening the store …"):  # a fresh one is made first, which takes some seconds
    ended = [run for run in read.runs()[:LAST + 20] if run.state in read.ENDED]
    active = [run.id for state in ("RUNNING", "SCHEDULED") for run in read.runs_in_state(state)]
newcomer = not ended and not active
if not newcomer and action.button("Launch a run", type="primary", icon=":material/rocket_launch:"):
    st.switch_page("pages/launch.py")

if newcomer:
    with st.container(border=True, key="start"):
        words, action = st.columns([3, 1], vertical_alignment="center")
        words.markdown(
            "**Start here**  \nLeNet-5 learns to read 5,000 handwritten digits. It takes less than a minute on this "
            "computer, and you watch it learn."
        )
        if action.button(
            "Train LeNet-5 on the digits", type="primary", icon=":material/play_arrow:", key="first", width="stretch"
        ):
            start.train(*start.FIRST)
if active:
    st.subheader("Running now", anchor=False)
running_now(active)
if ended:
    newest = {titles(run): run for run in reversed(ended)}  # one of each kind
    pictures = [(run, last_picture(run.id)) for run in ended if run in newest.values()]
    pictures = [(run, picture) for run, picture in pictures if picture][:PICTURES]
    if pictures:
        st.subheader("Newest pictures", anchor=False)
        with st.container(key="gallery"):
            for place, (run, (image, name, step)) in zip(st.columns(PICTURES), pictures, strict=False):
                with place:
                    st.image(image, width="stretch", alt=f"{name} of {titles(run)} at step {step}")
                    shown = f"{titles(run)} · {name.replace('_', ' ')}"
                    st.page_link("pages/runs.py", label=shown, query_params={"run": run.id})
    st.subheader("Last runs", anchor=False)
    last_runs(ended[:LAST])
st.subheader("What you can train", anchor=False)
cards()
