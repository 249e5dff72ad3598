"""The live view of one run: state and progress, figures, curves, previews, settings, data, device and log."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from core import catalog
from core.errors import UserError
from core.jobs import queue
from core.plots.confusion import confusion
from core.plots.curves import Curve, figure, omissions
from core.plots.style import run_colour
from core.tracking import read
from core.ui import curves as lines
from core.ui import forging, form, generalisation, lineage, page, previews, rates, reproducing, tables
from core.ui.chart import chart
from core.ui.passage import passage
from core.ui.run_picker import pick_checkpoint

LIVE_SECONDS, SLOW_SECONDS = 2, 5
SPLITS = {"train": "training", "validation": "validation"}
SYSTEM = {  # device use, by the name of its metric: what it says, and its unit
    "system/process_cpu_percentage": ("CPU of this run", "% of one core"),
    "system/process_memory_megabytes": ("Memory of this run", "MB"),
    "system/gpu_utilization_percentage": ("GPU", "%"),
    "system/gpu_memory_usage_megabytes": ("GPU memory", "MB"),
}


def attempt(action: Callable[[], object]) -> bool:
    """Does what a click asked for; where that can't be done, says so beside it. Gives whether it was done."""
    try:
        action()
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return False
    return True


def stop_button(run: read.Run) -> None:
    asked = "glassbox.stop" in run.tags
    if run.state == "SCHEDULED":
        label, help_text = "Cancel", "Takes the run out of the queue."
    else:
        label, help_text = "Stop", "Ends the run within seconds. All that it has logged stays, and it can be resumed."
    label = "Stopping …" if asked else label
    if st.button(label, icon=":material/stop:", disabled=asked, key=f"stop_{run.id}", help=help_text):
        if attempt(lambda: queue.stop(run.id)):
            st.rerun()


def progress(run: read.Run) -> None:
    """How far a run is: a bar with the step, the epoch and the time left."""
    parts = [run.phase.capitalize() or page.STATES[run.state].label.capitalize()]
    if run.total_steps:
        epochs = int(run.params["training.epochs"])
        epoch = min(epochs, int(run.metrics.get("train/epoch", 0)) + 1)
        parts += [f"step {run.step:,} of {run.total_steps:,}", f"epoch {epoch:,} of {epochs:,}"]
    if run.seconds_left is not None:
        parts.append(f"{page.duration(run.seconds_left)} left")
    st.progress(run.progress, text=" · ".join(parts))


def one(run_id: str) -> None:
    st.page_link("pages/runs.py", label="All runs", icon=":material/arrow_back:")
    try:
        run = read.run(run_id)
    except UserError as error:
        st.title("No such run", anchor=False)
        st.error(str(error), icon=":material/error:")
        return
    live = run.state not in read.ENDED
    every = LIVE_SECONDS if live else None
    st.title(run.name, anchor=False)
    head = st.container()
    actions(run)  # before what may ask for another run of the page, which would forget a click
    with head:
        st.fragment(heading, run_every=every)(run.id, (run.state, run.phase))
    st.fragment(numbers, run_every=every)(run.id)
    left, right = st.columns([3, 2], gap="large")
    with left:
        charts_head()
        st.fragment(charts, run_every=every)(run.id)
    with right:
        st.fragment(pictures, run_every=every)(run.id)
    settings, data, again, device, log = st.tabs(["Settings", "Data and code", "Reproduce", "Device", "Log"])
    with settings:
        settings_of(run)
    with data:
        origin_of(run)
        lineage.shown(run)
    with again:
        reproducing.reproduction(run.id)
    slow = SLOW_SECONDS if live else None
    with device:
        st.fragment(device_use, run_every=slow)(run.id)
    with log:
        st.fragment(log_tail, run_every=slow)(run.id)


@st.cache_resource(ttl=1, max_entries=50, show_spinner=False)
def now(run_id: str) -> read.Run:
    """The run as it is: the parts of the page that refresh together ask the store once."""
    return read.run(run_id)


def current(run_id: str) -> read.Run | None:
    """As `now`; None, and a sentence in its place, where the store does not answer or the run has just been deleted."""
    try:
        return now(run_id)
    except UserError as error:
        st.caption(f":red[:material/error:] {error}")
        return None


def heading(run_id: str, known: tuple[str, str]) -> None:
    """State, time and progress. When the run passes from one state or phase to the next, the whole page follows."""
    if (run := current(run_id)) is None:
        return
    if (run.state, run.phase) != known:
        st.rerun()
    if run.ended:
        told = f"ended {page.ago(run.ended)}"
    elif run.started and run.state == "RUNNING":
        told = f"started {page.ago(run.started)}"
    else:
        told = f"launched {page.ago(run.created)}"
    times = [("Launched", run.created), ("Started", run.started), ("Ended", run.ended)]
    exact = "  \n".join(f"{what} {page.exact(when)}" for what, when in times if when)
    took = f" · took {page.duration(run.ended - run.started)}" if run.ended and run.started else ""
    on = f" · {run.device}" if run.device else ""
    st.markdown(f"{page.badge_text(run.state)} &nbsp;:gray[{told}{took}{on}]", help=exact)
    if run.state == "FAILED":
        st.error(run.cause or "It ended without saying why: the log may tell.", icon=":material/error:")
    elif run.state == "KILLED" and run.cause:
        st.warning(run.cause, icon=":material/stop:")
    elif run.state == "FINISHED" and run.cause:
        st.info(run.cause, icon=":material/flag:")
    if run.state != "FINISHED":
        progress(run)


def actions(run: read.Run) -> None:
    """What can be done with the run, and where else it can be looked at."""
    with st.container(horizontal=True, vertical_alignment="center", key="actions"):
        if run.state not in read.ENDED:
            stop_button(run)
        elif run.state != "FINISHED" and read.resumable(run.id):
            if st.button("Resume", icon=":material/resume:", type="primary", help="Goes on from its last checkpoint."):
                if attempt(lambda: queue.resume(run.id)):
                    now.clear()
                    st.rerun()
        if run.state in read.ENDED:
            if st.button("Train again", icon=":material/replay:", help="Launches the same experiment as a new run."):
                made: list[str] = []
                if attempt(lambda: made.append(queue.retry(run.id))):
                    st.switch_page("pages/runs.py", query_params={"run": made[0]})
        if run.state != "RUNNING" and st.button("Delete", icon=":material/delete:"):
            confirm_deletion(run.id)
        st.page_link("pages/inside.py", label="Look inside", icon=":material/visibility:", query_params={"run": run.id})
        st.page_link("pages/compare.py", label="Compare", icon=":material/stacked_line_chart:",
                     query_params={"runs": run.id})
        st.page_link("pages/launch.py", label="Change and launch", icon=":material/edit:", query_params={"from": run.id})
        if address := lineage.fine_tuning(run):
            st.page_link("pages/launch.py", label="Fine-tune this model", icon=":material/account_tree:",
                         query_params=address)


@st.dialog("Delete this run?", icon=":material/delete:")
def confirm_deletion(run_id: str) -> None:
    st.markdown(f"**{now(run_id).name}** goes, with its curves, pictures and checkpoints.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it"):
            st.rerun()
        if st.button("Delete", type="primary", key="really_delete") and attempt(lambda: queue.delete(run_id)):
            st.switch_page("pages/runs.py")


def numbers(run_id: str) -> None:
    """The figures that count: of the test once there are any, else the newest of training."""
    if (run := current(run_id)) is None:
        return
    tested = {name: value for name, value in run.metrics.items() if name.startswith("test/")}
    with st.container(horizontal=True, gap="large", key="numbers"):
        if tested:
            for name, value in sorted(tested.items(), key=lambda item: "loss" in item[0]):
                st.metric(page.measure_title(name), page.measure(name, value), width="content")
        else:
            for names in lines.measures(run.metrics).values():
                name = names[-1]  # of the validation where it has been measured
                split, measure = name.split("/")
                st.metric(page.measure_title(f"{SPLITS[split]}/{measure}"), page.measure(name, run.metrics[name]),
                          width="content")
        if speed := run.metrics.get("train/samples_per_second"):
            st.metric("Speed", f"{page.count(speed)} samples/s", width="content")


def charts_head() -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Curves", anchor=False)
        st.segmented_control("Along the bottom", lines.AXES, default="step", key="x", required=True, bind="query-params",
                             label_visibility="collapsed", help=lines.AXIS_HELP)


def charts(run_id: str) -> None:
    """One chart a measure, training paler beside validation."""
    if (run := current(run_id)) is None:
        return
    if run.finds_rate:
        rates.curve(run)
        return
    measures = lines.measures(run.metrics)
    for measure in ("calibration_error", "f1", "kid_random", "kid_inception"):  # their curves are on the Compare page
        measures.pop(measure, None)
    if not measures:
        ended = run.state in read.ENDED
        st.caption("It ended before its first step, so there is nothing to draw." if ended else
                   "Curves appear here with the first steps.")
        return
    places = st.columns(2 if len(measures) > 2 else 1)
    level = generalisation.level(generalisation.baseline(run)) if "accuracy" in measures else None
    left_out = []
    for i, (measure, names) in enumerate(measures.items()):
        drawn = [line for name in names if (line := line_of(run, name, faint=name.startswith("train/") and len(names) > 1))]
        title = page.measure_title(measure)
        with places[i % len(places)]:
            drawing = figure(
                drawn, axis=st.session_state.x, percent=page.is_share(measure), title=title, legend=len(drawn) > 1,
                level=level if measure == "accuracy" else None,
            )
            chart(drawing, height=250, key=f"curve_{measure}", alt=f"{title} over the run")
        left_out.append(omissions(drawn))
    if any(left_out):
        st.caption(next(filter(None, left_out)))
    generalisation.told(run)
    forging.told(run)


def line_of(run: read.Run, name: str, *, faint: bool) -> Curve | None:
    split = SPLITS[name.split("/")[0]]
    return lines.curve(run, name, st.session_state.x, name=split, colour=run_colour(run.id), faint=faint)


@st.cache_data(ttl=1800, max_entries=200, show_spinner=False)
def drawable(run_id: str, name: str, step: int) -> dict | None:
    """What a preview holds that is drawn better than its picture shows it: a confusion matrix, rows of a table or a text;
    else None."""
    held = read.preview_data(run_id, name, step)
    return held if held and ({"counts", "classes"} <= held.keys() or {"features", "bits"} & held.keys()) else None


def pictures(run_id: str) -> None:
    """The newest previews, and what they were at every step before."""
    if (run := current(run_id)) is None:
        return
    files = previews.files(run)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="previews_head"):
        st.subheader("Previews", anchor=False, width="content")
        name = pick_preview(run, list(files))
    if name is None:
        st.caption("It kept no pictures." if run.state in read.ENDED else "Pictures appear here as it learns.")
        return
    steps = [file.step for file in files[name]]
    if drawable(run.id, name, steps[-1]) is None:
        previews.film([previews.Film(run.id, files[name])], name, key=f"film_{name}")
        return
    step = pick_checkpoint(steps, key="step", label="Step") if len(steps) > 1 else None
    step = steps[-1] if step is None else step  # 0 is a step
    held = drawable(run.id, name, step)
    if held and "counts" in held:
        chart(confusion(np.array(held["counts"]), held["classes"]), key=f"confusion_{name}", height=420,
              alt=f"Confusion matrix at step {step}")
    elif held and "bits" in held:
        bits = np.array(held["bits"], float)  # None becomes NaN
        passage(held["characters"], bits, key=f"text_{name}", label=f"{previews.words(name)} at step {step}")
        st.caption("The stronger a character's ground, the less the model expected it.")
    elif held:
        said = {"It is": held["true"], "The model says": held["guess"], "Chance": held["chance"]}
        columns = dict(zip(held["features"], zip(*held["rows"], strict=True), strict=True))
        st.dataframe(said | columns, hide_index=True, key=f"rows_{name}",
                     column_config={"Chance": st.column_config.NumberColumn(format="percent")})


def pick_preview(run: read.Run, names: list[str]) -> str | None:
    """One of the previews, those of the test first once there are any; the address holds it."""
    names = sorted(names, key=lambda name: (not name.startswith("test_"), name))
    if len(names) < 2:
        return names[0] if names else None
    asked = st.query_params.get("preview")
    st.session_state.preview = asked if asked in names else names[0]
    return st.pills("Preview", names, key="preview", required=True, format_func=previews.words, label_visibility="collapsed",
                    on_change=keep_preview, wrap=True)


def keep_preview() -> None:
    st.query_params["preview"] = st.session_state.preview
    st.query_params.pop("step", None)


def settings_of(run: read.Run) -> None:
    """All settings, those changed from the recipe marked."""
    try:
        experiment = run.experiment
    except UserError as error:
        st.caption(str(error))
        st.json(run.params)
        return
    usual, different = tables.recipe(experiment.task, experiment.architecture, experiment.dataset), tables.changed(run)
    rows = ["| Setting | Value | What it does |", "|---|---|---|"]
    owners = {"model": ("architecture", experiment.architecture), "training": None,
              "objective": ("task", experiment.task), "data": ("dataset", experiment.dataset)}
    for section, owner in owners.items():
        held = getattr(experiment, section)
        title = f"Training, seed {experiment.seed}" if owner is None else catalog.get(*owner).card.title
        if type(held).model_fields:
            rows.append(f"| **{title}** | | |")
        for name, info in type(held).model_fields.items():
            path = f"{section}.{name}"
            mark = f" :primary-badge[recipe: {tables.setting_text(usual[path])}]" if path in different else ""
            value = tables.setting_text(getattr(held, name))
            rows.append(f"| {form.label(path, info)} | {value}{mark} | :gray[{info.description}] |")
    st.markdown("\n".join(rows))


def origin_of(run: read.Run) -> None:
    """What the run was made of: the data with their digest, the version of the code, and its id."""
    try:
        card = catalog.get("dataset", run.params["dataset"]).card
        title, licence = card.title, card.licence
    except (UserError, KeyError):
        title, licence = run.params.get("dataset", ""), ""
    rows = [
        ("Data set", title + (f" ({licence})" if licence else "")),
        ("Read from", f"`{run.source}`" if run.source else "not read yet"),
        ("Digest", f"`{run.digest}`" if run.digest else "not read yet"),
        ("Code", f"`{run.tags['mlflow.source.git.commit'][:12]}`" if "mlflow.source.git.commit" in run.tags
         else "unknown: this copy is no git checkout"),
        ("Run", f"`{run.id}`"),
    ]
    for what, value in rows:
        st.markdown(f":gray[{what}] &nbsp;{value}")


def device_use(run_id: str) -> None:
    """What this run's own process and device are doing."""
    if (run := current(run_id)) is None:
        return
    known = [name for name in SYSTEM if name in run.metrics]
    if not known:
        st.caption("Measured every few seconds once the run has started." if run.state not in read.ENDED else
                   "It ended before anything was measured.")
        return
    for place, name in zip(st.columns(len(known) if len(known) > 1 else 2), known, strict=False):
        title, unit = SYSTEM[name]
        line = lines.curve(run, name, "time", name=title, colour=run_colour(run.id))
        with place:
            st.metric(f"{title} ({unit})", page.number(round(line.y[-1], 1)))
            chart(figure([line], axis="time"), height=170, key=f"use_{name}", alt=f"{title} over time")


def log_tail(run_id: str) -> None:
    text = read.log_tail(run_id)
    if text:
        st.code(text, language=None, height=min(420, 40 + 21 * len(text.splitlines())), wrap_lines=True)
    else:
        st.caption("The worker has said nothing yet.")
