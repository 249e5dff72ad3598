"""Atlas: every architecture in the order of time, as a card with its own drawing; the address holds which is open."""

from __future__ import annotations

import streamlit as st

from core import catalog
from core.errors import UserError
from core.experiment import Experiment
from core.tracking import read
from core.training.summary import Layer, summarise
from core.ui import network, page, start, tables
from core.ui.timeline import Stop, timeline


@st.cache_data(ttl=30, max_entries=1, show_spinner=False)
def best_runs() -> dict[str, list[tuple[str, str, str]]]:
    """For each architecture its best finished run on each data set, by the measure of the validation: the run's id, the
    data set's title and the result with its measure.

    Runs whose task or data were made easier or harder than usual can't be held against the others, and are left out.
    """
    found: dict[tuple[str, str, str], tuple[float, read.Run]] = {}
    for run in read.runs():
        if run.state != "FINISHED":
            continue
        measure, more_is_better = tables.best_measure(run)
        figure = run.metrics.get(f"validation/{measure}", tables.result(run)[1])
        eased = any(name.startswith(("objective.", "data.")) for name in tables.changed(run))
        key = tuple(run.params.get(name, "") for name in ("architecture", "task", "dataset"))
        if figure is None or eased or not all(key):
            continue
        rank = figure if more_is_better else -figure
        if key not in found or rank > found[key][0]:
            found[key] = rank, run
    best: dict[str, list[tuple[str, str, str]]] = {}
    for (architecture, _, dataset), (_, run) in found.items():
        measure, figure = tables.result(run)
        shown = (run.id, title("dataset", dataset), f"{page.measure(measure, figure)} {measure}")
        best.setdefault(architecture, []).append(shown)
    return best


@st.cache_data(ttl=10, max_entries=500, show_spinner=False)
def fitting(architecture: str) -> list[tuple[str, str]]:
    """Tasks and data sets that go with an architecture: what is here first, then what can be fetched, and of these what the
    task is best met with."""
    pairs = [
        (task, dataset) for task in catalog.get("architecture", architecture).card.tasks
        for dataset in catalog.entries("dataset") if catalog.misfit(task, architecture, dataset) is None
    ]
    usual = {(task, dataset) for task, _, dataset in start.MET_WITH.values()}
    return sorted(pairs, key=lambda pair: (
        not (data := start.availability(pair[1])).ready, not data.fetchable, pair not in usual,
    ))


@st.cache_data(max_entries=500, show_spinner=False)
def layers(experiment: str) -> tuple[Layer, ...]:
    return summarise(Experiment.from_json(experiment)).layers


def title(kind: str, name: str) -> str:
    """An entry's title; its name where the catalogue no longer knows it."""
    try:
        return catalog.get(kind, name).card.title
    except UserError:
        return name


def open_card(name: str) -> None:
    st.query_params["architecture"] = name


def close_card() -> None:
    del st.query_params["architecture"]


def about(card: catalog.Card, is_open: bool) -> None:
    """Who, when and what it is."""
    people = card.people.split(", ")
    shown = card.people if is_open or len(people) < 4 else f"{people[0]} and others"
    st.markdown(f":gray[{card.year} · {shown}]")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(card.title, anchor=False, width="content")
        if is_open:
            st.button("Close", key="close", icon=":material/close:", type="tertiary", on_click=close_card)


def words(card: catalog.Card) -> None:
    """The opened card's two explanations and its source."""
    plain, exact = st.columns(2, gap="medium")
    plain.markdown(card.beginner)
    exact.markdown(f":gray[{card.expert}]")
    exact.markdown(f"[{card.paper}]({card.url}) :gray[({card.year})]")


def results(name: str) -> None:
    """The best run on each data set, as links to them."""
    if best := best_runs().get(name):
        st.caption("Best runs")
        with st.container(horizontal=True, gap="small", key=f"best_{name}"):
            for run_id, dataset, result in best:
                st.page_link("pages/runs.py", label=f"{dataset} · **{result}**", icon=":material/trophy:",
                             query_params={"run": run_id})


def actions(card: catalog.Card, is_open: bool) -> None:
    """The click that trains it, or what lacks for that."""
    pairs = fitting(card.name)
    if not pairs:
        st.markdown(":gray[:material/database_off: No data set that fits it is in the catalogue yet.]")
        return
    task, dataset = pairs[0]
    data, dataset_title = start.availability(dataset), title("dataset", dataset)
    trainable = data.ready or data.fetchable
    if not trainable:
        st.markdown(f":gray[:material/database_off: {dataset_title}: {data.sentence}]")
    elif not data.ready:
        st.markdown(f":gray[:material/download: {data.sentence}]")
    with st.container(horizontal=True, vertical_alignment="center"):
        if trainable and st.button(
            f"Train on {dataset_title}", key=f"train_{card.name}", icon=":material/play_arrow:",
            type="primary" if is_open else "secondary",
        ):
            start.train(task, card.name, dataset)
        names = {"task": task, "architecture": card.name} | ({"dataset": dataset} if trainable else {})
        st.page_link("pages/launch.py", label="Set up first", query_params=names)
        if not is_open:
            # A link to the page that one is on would leave the address bar as it was.
            st.button("Open", key=f"open_{card.name}", icon=":material/open_in_full:", type="tertiary", on_click=open_card,
                      args=(card.name,))


def serves(card: catalog.Card) -> str:
    return " ".join(f":gray-badge[{title('task', task)}]" for task in card.tasks)


def draw(name: str, large: bool) -> None:
    if pairs := fitting(name):
        (task, dataset), card = pairs[0], catalog.get("architecture", name).card
        network.show(layers(Experiment.make(task, name, dataset).model_dump_json()), card.title, key=f"drawing_{name}",
                     large=large)


page.opening("Atlas", "The networks that made history, in the order of time: what each is, and the click that trains it.")
entries = catalog.entries("architecture")
opened = st.query_params.get("architecture", "")
if opened and opened not in entries:
    del st.query_params["architecture"]
    try:
        catalog.get("architecture", opened)
    except UserError as error:
        st.error(str(error), icon=":material/error:")
    opened = ""
timeline(
    [Stop(name, cls.card.year, cls.card.title) for name, cls in entries.items()], opened, open_card, key="timeline",
    parameter="architecture", target=f".st-key-card_{opened}", label="Architectures in the order of time",
)
places = {}
for name, cls in entries.items():
    with st.container(border=True, key=f"card_{name}"):
        if name == opened:
            about(cls.card, True)
            st.markdown(serves(cls.card))
            places[name] = st.empty()
            words(cls.card)
            results(name)
            actions(cls.card, True)
        else:
            left, right = st.columns([5, 6], gap="large", vertical_alignment="center")
            with left:
                about(cls.card, False)
                st.markdown(f"{cls.card.beginner} {serves(cls.card)}")
                results(name)
                actions(cls.card, False)
            places[name] = right.empty()
for name, place in places.items():  # after all that is there at once: a drawing is measured first, which takes its time
    with place:
        draw(name, name == opened)
