"""Launch: task → architecture → data set → settings → launch. The whole choice lives in the address, and only there."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from core import catalog
from core.errors import UserError
from core.experiment import Experiment
from core.jobs import queue, starting
from core.tracking import read
from core.ui import costs, form, lineage, page, rates, start

SECTIONS = {"model": "architecture", "data": "dataset", "objective": "task"}
BASIC = ("epochs", "batch_size", "learning_rate", "optimiser", "schedule", "device")
SHOWN = 6  # settings of a section that stand in the open; the rest is one click away
SEEDS = 20  # most runs of one launch


# ---- the choice, as the address holds it


def changed() -> dict[str, str]:
    """Settings that the person set, by path (`training.epochs`), as the address spells them."""
    heads = (*SECTIONS, "training", "seed", "start_from")
    return {path: text for path, text in st.query_params.items() if path.split(".")[0] in heads}


def say(sentence: str) -> None:
    """Keeps a sentence on what was wrong, to be shown once beside the form."""
    st.session_state.setdefault("launch_faults", []).append(sentence)


def build(names: dict[str, str], given: dict[str, str]) -> Experiment:
    """The experiment of these names and settings. Raises `UserError` where they are wrong."""
    sections: dict[str, Any] = {}
    for path, text in given.items():
        section, _, name = path.partition(".")
        if name:
            sections.setdefault(section, {})[name] = value_of(text)
        else:
            sections[section] = text if section == "start_from" else value_of(text)
    return Experiment.make(**names, **starting.inherited(names, sections))


def value_of(text: str) -> Any:
    """A value out of the address: `3`, `0.002` and `true` are JSON, any other text stands for itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def built(names: dict[str, str]) -> Experiment:
    """The experiment that the address asks for. What can't be had is taken out of it, and said."""
    try:
        return build(names, changed())
    except UserError:
        for path, text in changed().items():
            try:
                build(names, {path: text})
            except UserError as error:
                del st.query_params[path]
                say(str(error))
    try:
        return build(names, changed())
    except UserError as error:  # each setting is right by itself, but they don't go together
        for path in changed():
            del st.query_params[path]
        say(str(error))
        return build(names, {})


def clone(run_id: str) -> None:
    """Puts the settings of an old run into the address."""
    st.query_params.pop("from", None)
    try:
        old = read.run(run_id).experiment
    except UserError as error:
        say(str(error))
        return
    names = {kind: getattr(old, kind) for kind in SECTIONS.values()}
    wanted, given = old.leaves(), {"start_from": old.start_from} if old.start_from else {}
    try:
        build(names, given)
    except UserError as error:  # the run that it started from is gone
        say(str(error))
        old = old.model_copy(update={"start_from": ""})
        wanted, given = old.leaves(), {}
    # A recipe depends on what is given (epochs on the batch size), so one pass may say too little, and it may say too much.
    while differing := [path for path, value in build(names, given).leaves().items() if value != wanted[path]]:
        given |= {path: text_of(wanted[path]) for path in differing}
    for path in list(given):
        others = {other: text for other, text in given.items() if other != path}
        if build(names, others) == old:
            given = others
    st.query_params.from_dict(names | given)


def writes_address(action: Callable[..., None]) -> Callable[..., None]:
    """An answer to a click that changes the address. A click that was quicker than the answer to the one before still
    brings the address from before it, which must not undo what that one has written."""
    @functools.wraps(action)
    def answer(*arguments: Any) -> None:
        outdated = st.session_state.setdefault("launch_outdated", [])
        if st.query_params.to_dict() in outdated:
            st.query_params.from_dict(st.session_state["launch_address"])
        outdated.append(st.query_params.to_dict())
        action(*arguments)
        st.session_state["launch_address"] = st.query_params.to_dict()
        st.session_state["launch_acted"] = True

    return answer


@writes_address
def set_value(path: str, value: Any) -> None:
    """Takes over a change of the form, unless it would make the experiment invalid: then the sentence says so."""
    others = {other: text for other, text in changed().items() if other != path}
    names = {kind: st.session_state[kind] for kind in SECTIONS.values()}
    try:
        if build(names, others).leaves()[path] == value:
            st.query_params.pop(path, None)
        else:
            build(names, others | {path: text_of(value)})
            st.query_params[path] = text_of(value)
    except UserError as error:
        say(str(error))


@writes_address
def choose(kind: str) -> None:
    """Takes over a choice of task, architecture or data set. What no longer fits goes, and with it the settings of what
    was left; those of the training stay."""
    st.query_params[kind] = st.session_state[kind]
    left = {kind}
    task = st.session_state["task"]
    architectures = for_task(task)
    architecture = st.query_params.get("architecture", usual(1, architectures, task))
    if architecture not in architectures:
        left.add("architecture")
        architecture = usual(1, architectures, task)
        del st.query_params["architecture"]
    if "dataset" in st.query_params and catalog.misfit(task, architecture, st.query_params["dataset"]):
        left.add("dataset")
        del st.query_params["dataset"]
    for path in changed():
        if SECTIONS.get(path.split(".")[0]) in left:
            del st.query_params[path]


@writes_address
def forget() -> None:
    """Back to the recipe, from the same weights."""
    for path in changed():
        if path != "start_from":
            del st.query_params[path]


@writes_address
def start_from() -> None:
    """Takes over whose weights it starts from."""
    if chosen := st.session_state["start"]:
        st.query_params["start_from"] = chosen
    else:
        st.query_params.pop("start_from", None)


# ---- what is offered


def for_task(task: str) -> list[str]:
    """The architectures that are made for a task."""
    return [name for name, cls in catalog.entries("architecture").items() if task in cls.card.tasks]


def reasons_against(task: str, architecture: str) -> dict[str, str | None]:
    """For each data set, why it can't be taken now, or None."""
    reasons = {}
    for name in catalog.entries("dataset"):
        there = start.availability(name)
        lacks = None if there.ready or there.fetchable else there.sentence
        reasons[name] = catalog.misfit(task, architecture, name) or lacks
    return reasons


def usual(place: int, offered: list[str], task: str) -> str:
    """What a person who has chosen nothing is met with: of what is offered, the architecture (`place` 1) or the data set
    (2) that shows the task best."""
    best = start.MET_WITH.get(task, ("",) * 3)[place]
    return best if best in offered else offered[0]


def pick(
    kind: str, offered: list[str], first: str, *, word: str, captions: list[str] | None = None, against: dict | None = None
) -> str:
    """One choice among what fits, at first `first`. The address decides; what it asks for in vain is taken out, and said.

    `captions` stand below the options, one each; `against` says of every other entry why it is not offered.
    """
    wanted = st.query_params.get(kind)
    if wanted is not None and wanted not in offered:
        del st.query_params[kind]
        try:
            catalog.get(kind, wanted)
            say(against.get(wanted) or start.availability(wanted).sentence)  # what is gone is not among those that don't fit
        except UserError as error:
            say(str(error))
    form.keep(kind, wanted if wanted in offered else first)
    titles = {name: catalog.get(kind, name).card.title for name in offered}
    same = {"key": kind, "format_func": titles.get, "on_change": choose, "args": (kind,)}
    if captions is None:
        st.pills(word, offered, required=True, wrap=True, **same)
    else:
        st.radio(word, offered, captions=captions, **same)
    return st.session_state[kind]


def misfits(kind: str, reasons: dict[str, str]) -> None:
    """What doesn't fit, greyed, with the reason of each."""
    if reasons:
        titles = {name: catalog.get(kind, name).card.title for name in reasons}
        st.radio(
            "Does not fit", list(reasons), index=None, key=f"{kind}_misfits", disabled=True, format_func=titles.get,
            captions=list(reasons.values()), label_visibility="collapsed",
        )


def card(kind: str, name: str) -> None:
    """What the chosen entry is, one click away."""
    shown = catalog.get(kind, name).card
    with st.popover(f"About {shown.title}", type="tertiary", icon=":material/info:"):
        st.markdown(shown.beginner)
        if shown.expert:
            st.markdown(f":gray[{shown.expert}]")
        source = " · ".join(str(part) for part in (shown.people, shown.year or "") if part)
        if shown.paper:
            st.markdown(f"{source}, [{shown.paper}]({shown.url})" if shown.url else f"{source}, {shown.paper}")
        if shown.licence:
            st.markdown(f"Licence: {shown.licence}")


def origin(shown: catalog.Card) -> str:
    """`1998 · Yann LeCun and others`."""
    first, *others = shown.people.split(", ")
    return " · ".join(filter(None, (str(shown.year or ""), f"{first} and others" if others else first)))


# ---- what it starts from


def start_of(experiment: Experiment) -> None:
    """Whose weights are taken: those of a run of this architecture, or random ones."""
    if titles := lineage.starts(experiment):
        form.keep("start", experiment.start_from or None)
        st.selectbox("Start from the weights of", list(titles), key="start", format_func=titles.get, on_change=start_from,
                     index=None, placeholder="No run: random weights",
                     help="Weights are taken wherever names and shapes agree, and the rest starts at random; the run's log "
                     "says which. The model's settings follow that run's.")


# ---- the page

page.through_router()
if not st.session_state.pop("launch_acted", False):  # the address comes from the browser: a link, or a step back in it
    st.session_state.pop("launch_outdated", None)
if run_id := st.query_params.get("from"):
    clone(run_id)

left, right = st.columns([9, 5], gap="large")
with left:
    page.opening("Launch", "Choose what is learned, by what, and from which data. Each setting starts from a good recipe.")
    tasks = list(catalog.entries("task"))
    if "task" not in st.query_params and (named := catalog.entries("architecture").get(st.query_params.get("architecture"))):
        st.query_params["task"] = next(task for task in tasks if task in named.card.tasks)
    task = pick("task", tasks, tasks[0], word="Task")
    st.markdown(f":gray[{catalog.get('task', task).card.beginner}]")

    architectures, any_data = for_task(task), next(iter(catalog.entries("dataset")))
    architecture_misfits = {
        name: catalog.misfit(task, name, any_data) for name in catalog.entries("architecture") if name not in architectures
    }
    choice, data = st.columns(2, gap="medium")
    with choice:
        captions = [origin(catalog.get("architecture", name).card) for name in architectures]
        first = usual(1, architectures, task)
        architecture = pick("architecture", architectures, first, word="Architecture", captions=captions,
                            against=architecture_misfits)
        card("architecture", architecture)
    against = reasons_against(task, architecture)
    datasets = [name for name, reason in against.items() if reason is None]
    datasets.sort(key=lambda name: not start.availability(name).ready)  # what is here comes first
    with data:
        if datasets:
            sentences = [start.availability(name).sentence for name in datasets]
            first = usual(2, datasets, task)
            dataset = pick("dataset", datasets, first, word="Data set", captions=sentences, against=against)
            card("dataset", dataset)
        else:
            st.markdown("Data set")
            st.warning("Nothing that fits is here yet: below stands what each one lacks.", icon=":material/database_off:")
    with st.expander(f"{len(architecture_misfits) + len(against) - len(datasets)} that do not fit, and why"):
        choice, data = st.columns(2, gap="medium")
        with choice:
            misfits("architecture", architecture_misfits)
        with data:
            misfits("dataset", {name: reason for name, reason in against.items() if reason})

if datasets:
    experiment = built({"task": task, "architecture": architecture, "dataset": dataset})
    mine = changed()
    with left:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader("Settings", anchor=False)
            if mine.keys() - {"start_from"}:
                st.button("Back to the recipe", on_click=forget, type="tertiary", icon=":material/undo:",
                          help=":primary[●] marks what you changed.")
        for sentence in st.session_state.pop("launch_faults", []):
            st.error(sentence, icon=":material/error:")
        sections = {"Training": "training", "Architecture": "model", "Task": "objective", "Data set": "data"}
        for title, section in sections.items():
            settings = getattr(experiment, section)
            names = list(type(settings).model_fields)
            basic = [name for name in names if name in BASIC] if section == "training" else names[:SHOWN]
            rest = [name for name in names if name not in basic]
            if names:
                st.markdown(f"**{title}**")
                form.fields(section, settings, set_value, changed=mine, names=basic)
            if section == "training":
                rates.finder(experiment, set_value)
            if rest or section == "training":
                with st.expander(f"More {title.lower()} settings", key=f"more_{section}"):
                    form.fields(section, settings, set_value, changed=mine, names=rest)
                    if section == "training":
                        seed = Experiment.model_fields["seed"]
                        with st.columns(3)[0]:
                            form.field("seed", seed, experiment.seed, set_value, marked="seed" in mine)

    with right, st.container(border=True, key="cost"):
        titles = [catalog.get(kind, getattr(experiment, kind)).card.title for kind in ("architecture", "dataset")]
        st.markdown(f"**{titles[0]}** :gray[on] **{titles[1]}**")
        start_of(experiment)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            runs = st.number_input(
                "Seeds", 1, SEEDS, key="seeds", bind="query-params", width=110,
                help="How many runs to launch, each from another seed: their spread shows how much is luck.",
            )
            launched = st.button(
                "Launch" if runs == 1 else f"Launch {runs} runs", type="primary", icon=":material/rocket_launch:",
                width="stretch", key="launch", disabled=costs.device_for(experiment.training) is None,
            )
        if launched:
            try:
                st.session_state["launched"] = queue.submit(experiment, runs)
            except UserError as error:
                st.error(str(error), icon=":material/error:")
        if run_ids := st.session_state.get("launched"):
            st.markdown(":green[:material/check_circle:] In the queue")
            with st.container(horizontal=True, gap="xsmall", key="launched_links"):
                for run_id in run_ids:
                    label = f"Watch {run_id[:6]}" if len(run_ids) > 1 else "Watch it learn"
                    st.page_link("pages/runs.py", label=label, icon=":material/play_circle:", query_params={"run": run_id})
        costs.show(experiment)
