"""Data: every data set as a card, one of them opened (`?dataset=`): samples, balance, sizes, source, download; and the way
to bring your own (`?bring=`)."""

from __future__ import annotations

import time

import streamlit as st

from core import catalog
from core.catalog import DataSpec
from core.datasets import own
from core.datasets.base import Availability, Data
from core.errors import UserError
from core.inside import data as look
from core.jobs import download
from core.plots import data as plots
from core.plots.writing import visible
from core.ui import address, bring, page, start, wall
from core.ui.chart import chart

COLUMNS = 3
SAMPLES = {  # on the wall
    "images": 40, "sounds": 12, "sentences": 12, "pairs": 12, "questions": 6, "series": 6, "captioned": 20, "games": 12,
}
ROWS = 2000  # points in the scatter of a table
CHARACTERS = 3000  # of a text's beginning
EVERY = "Every class"
PLACES = {"here": "Here", "fetchable": "To download", "lacking": "To bring yourself"}


# ---- what is known of a data set without reading it


def spec_of(name: str) -> DataSpec:
    cls = catalog.get("dataset", name)
    return cls(cls.Settings()).spec()


def place(there: Availability) -> str:
    return "here" if there.ready else "fetchable" if there.fetchable else "lacking"


def said(there: Availability) -> str:
    """Where it is, as this page says it: here no run is asked for."""
    return there.sentence.replace("the run downloads it first", "it can be downloaded")


def content(spec: DataSpec) -> str:
    """`28×28 grey · 10 classes`."""
    if spec.kind == "images":
        channels, height, width = spec.shape
        what = f"{width}×{height} {'grey' if channels == 1 else 'colour'}"
    elif spec.kind == "captioned":
        return f"{spec.shape[2]}×{spec.shape[1]} colour · up to {spec.captions} captions of each"
    elif spec.kind == "features":
        what = f"rows of {spec.shape[0]} numbers"
    elif spec.kind == "text" and spec.symbols:
        return f"sequences of {spec.shape[0] + 1} symbols, of {spec.vocabulary_size} kinds"
    elif spec.kind == "text":
        return f"windows of {spec.shape[0]} characters, up to {spec.vocabulary_size} different ones"
    elif spec.kind == "series":
        return f"series of {spec.shape[0]} steps of {spec.shape[1]} numbers · a number to tell"
    elif spec.kind == "pairs":
        return f"pairs of sentences of up to {spec.shape[0]} pieces of words · {' to '.join(spec.languages)}"
    elif spec.kind == "sounds":
        what = f"sounds of up to {spec.shape[0] / spec.sample_rate:.1f} s at {spec.sample_rate / 1000:g} kHz"
    elif spec.kind == "games":
        seen = f"{spec.shape[0]} numbers" if len(spec.shape) == 1 else f"{spec.shape[2]}×{spec.shape[1]} × {spec.shape[0]}"
        return f"a game · a player sees {seen} and has {len(spec.actions)} moves"
    elif spec.kind == "questions":
        return f"questions about passages, together up to {spec.shape[0]} pieces of words"
    else:
        what = f"sentences of up to {spec.shape[0]} tokens"
    labels = f"{len(spec.classes)} classes" if spec.classes else "transcripts" if spec.target_length else "no labels"
    return f"{what} · {labels}"


@st.cache_data(max_entries=200, show_spinner=False)
def first_use(name: str) -> dict[str, str] | None:
    """The first task that such data can serve, those that ask for their classes before others, with the architecture that it
    is best met with or else the first that fits, as the launch page's address; None where there are none."""
    spec = spec_of(name)
    def asks_for_classes(task: str) -> bool:
        cls = catalog.get("task", task)
        return bool(cls.model_spec(spec, cls.Settings()).classes)

    for task in sorted(catalog.entries("task"), key=asks_for_classes, reverse=True):
        best = start.MET_WITH.get(task, ("", ""))[1]
        for architecture in sorted(catalog.entries("architecture"), key=lambda architecture: architecture != best):
            if catalog.misfit(task, architecture, name) is None:
                return {"task": task, "architecture": architecture, "dataset": name}
    return None


# ---- all of them


def overview() -> None:
    action = page.opening("Data", "What the networks here learn from: what is in it, whether it is here, and what it costs "
                                  "to get.")
    if action.button("Bring your own", type="primary", icon=":material/add:", key="bring"):
        st.switch_page("pages/data.py", query_params={"bring": "1"})
    names = list(catalog.entries("dataset"))
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        find = st.text_input("Find", key="find", bind="query-params", live=True, placeholder="Name, person, year, licence",
                             icon=":material/search:", label_visibility="collapsed", width=280)
        where = st.pills("Where", list(PLACES), selection_mode="multi", key="where", bind="query-params",
                         format_func=PLACES.get, label_visibility="collapsed")
    shown = [name for name in names if matches(name, find) and (not where or place(start.availability(name)) in where)]
    shown.sort(key=lambda name: list(PLACES).index(place(start.availability(name))))  # what is here comes first
    if not shown:
        st.caption("No data set is like that. Take a filter away to see more.")
    for first in range(0, len(shown), COLUMNS):
        for column, name in zip(st.columns(COLUMNS), shown[first : first + COLUMNS], strict=False):
            with column, st.container(border=True, height="stretch", key=f"card_{name}"):
                card(name)


def matches(name: str, text: str) -> bool:
    """Whether each word of what a person types is somewhere on the card."""
    shown = catalog.get("dataset", name).card
    everything = " ".join([name, shown.title, shown.people, str(shown.year), shown.licence, shown.beginner]).lower()
    return all(word in everything for word in text.lower().split())


def card(name: str) -> None:
    shown, spec, there = catalog.get("dataset", name).card, spec_of(name), start.availability(name)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.page_link("pages/data.py", label=f"**{shown.title}**", query_params={"dataset": name}, width="content")
        badge(name, there)
    st.markdown(shown.beginner)
    examples = "" if spec.kind == "games" else f"{sum(spec.sizes.values()):,} examples · "
    st.markdown(f":gray[{examples}{content(spec)}  \nLicence: {shown.licence}]")
    if not there.ready:
        st.space("stretch")
        st.markdown(f":gray[:material/{'download' if there.fetchable else 'database_off'}: {said(there)}]")
        if there.fetchable and st.button("Download", key=f"download_{name}", icon=":material/download:"):
            download.start(name)
            st.switch_page("pages/data.py", query_params={"dataset": name})


def badge(name: str, there: Availability) -> None:
    if there.ready:
        st.badge("here", icon=":material/check:", color="green", width="content")
    elif (now := download.state(name)) and now.living:
        st.badge("downloading", icon=":material/downloading:", color="blue", width="content")
    else:
        st.badge("not here", icon=":material/cloud:", color="gray", width="content")


# ---- one of them


@st.cache_resource(max_entries=2, ttl=900, show_spinner=False)
def loaded(name: str) -> tuple[Data, look.Overview]:
    data = look.load(name)
    return data, look.overview(data)


def one(name: str) -> None:
    try:
        shown = catalog.get("dataset", name).card
    except UserError as error:
        st.warning(str(error), icon=":material/search_off:")
        overview()
        return
    there = start.availability(name)
    st.page_link("pages/data.py", label="All data sets", icon=":material/arrow_back:")
    action = page.opening(shown.title, shown.beginner)
    if (there.ready or there.fetchable) and (use := first_use(name)):
        with action:
            if st.button("Train on it", type="primary" if there.ready else "secondary", icon=":material/rocket_launch:"):
                st.switch_page("pages/launch.py", query_params=use)
    if path := own.path_of(name):
        with action:
            if st.button("Remove", icon=":material/delete:", key="remove"):
                bring.confirm_removal(name, shown.title, path)
    left, right = st.columns([3, 2], gap="large")
    data = seen = None
    with left:
        if there.ready:
            try:
                with st.spinner("Reading it. Large sets take up to half a minute, the first time …", show_time=True):
                    data, seen = loaded(name)
                {"features": columns, "text": beginning}.get(data.spec.kind, samples)(name)
            except UserError as error:
                st.error(str(error), icon=":material/error:")
        elif there.fetchable:
            getting(name, there)
        else:
            st.info(there.sentence, icon=":material/database_off:")
    with right:
        facts(name, data, seen)
    if seen:
        charts(name, data.spec, seen)


@st.fragment
def samples(name: str) -> None:
    """The wall, drawn anew on demand, of one class or of all."""
    data, _ = loaded(name)
    draw = address.whole("draw", 0, 0, 10**6)
    with st.container(horizontal=True, vertical_alignment="bottom", key="wall_controls"):
        if data.spec.classes:
            picked = address.select("Samples of", "class", [EVERY, *data.spec.classes], width=220)
        else:
            picked = EVERY
        st.button("Draw others", icon=":material/shuffle:", on_click=draw_anew, args=(draw + 1,))
    drawn = look.samples(data, SAMPLES[data.spec.kind], draw, None if picked == EVERY else picked)
    if data.spec.kind == "sentences":
        st.caption("As a model reads them: split into words and signs, in lower case, each rare word unknown.")
    if data.spec.kind == "games":
        st.caption("A player who moves at random, from the beginning of an episode.")
    wall.show(data.spec, drawn, page.dark())


@st.fragment
def columns(name: str) -> None:
    """Two columns of a table against each other, in the classes' colours."""
    data, _ = loaded(name)
    features = list(data.spec.features)
    with st.container(horizontal=True, key="column_controls"):
        across = address.select("Across", "across", features, width=240)
        up = address.select("Up", "up", features, default=features[min(1, len(features) - 1)], width=240)
    found = look.rows(data, (across, up), ROWS)
    chart(plots.columns(found.values, found.targets, (across, up), data.spec.classes), key=f"columns_{name}", height=460,
          alt=f"{up} against {across} of {len(found.values):,} rows, coloured by class.")
    st.caption(f"{len(found.values):,} of {found.all:,} training rows" + (", spread evenly." if len(found.values) < found.all
                                                                         else "."))


def beginning(name: str) -> None:
    """How a text begins."""
    data, _ = loaded(name)
    st.subheader("How it begins", anchor=False)
    st.code(look.beginning(data, CHARACTERS), language=None, height=460, wrap_lines=True)
    st.caption("Read one character at a time, the vocabulary being the characters that occur; a run may read pieces of "
               "words instead.")


def draw_anew(draw: int) -> None:
    st.query_params["draw"] = str(draw)


def getting(name: str, there: Availability) -> None:
    """The button that downloads a set, and how far that is."""
    now = download.state(name)
    with st.container(border=True, key="getting"):
        if now and now.living:
            follow(name)
            return
        st.markdown(f":material/cloud: {said(there)}")
        if now and now.error:
            st.error(now.error, icon=":material/error:")
        if st.button("Download", type="primary", icon=":material/download:", key="download"):
            download.start(name)
            st.rerun()


@st.fragment(run_every=1)
def follow(name: str) -> None:
    """The progress of a download, read from its file. When it ends, the whole page follows."""
    now = download.state(name)
    if now is None or not now.living:
        start.availability.clear()
        st.rerun()
    if now.total and now.done >= now.total:
        text = "All is here: unpacking and checking it …"
    elif now.done:
        left = now.seconds_left(time.time())
        text = f"{page.memory(now.done)} of {page.memory(now.total)}"
        text += f", {page.duration(left)} left" if left is not None else ""
    else:
        text = "Asking for it …"
    st.progress(min(now.share, 1.0), text)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Stop", icon=":material/stop:", key="stop_download", on_click=download.stop, args=(name,))
        st.caption("It goes on when you leave this page.")


def facts(name: str, data: Data | None, seen: look.Overview | None) -> None:
    """Sizes, form, statistics, source, licence and digest, as far as they are known."""
    shown, spec = catalog.get("dataset", name).card, data.spec if data else spec_of(name)
    names = {"train": "Moves an epoch"} if spec.kind == "games" else {}
    for column, (split, size) in zip(st.columns(3, wrap=False), spec.sizes.items(), strict=True):
        column.metric(names.get(split, split.capitalize()), f"{size:,}",
                      help="Episodes, each begun with a seed of its own." if names and split not in names else None)
    lines = {"Form": content(spec)}
    if spec.kind in ("images", "captioned") and data:
        lines["Mean, spread"] = " · ".join(
            f"{word} {mean:.3f}, {std:.3f}"
            for word, mean, std in zip(("red", "green", "blue") if len(spec.mean) == 3 else ("grey",), spec.mean, spec.std,
                                       strict=True)
        ) + " (of 0 to 1)"
    if spec.kind == "features" and data:
        lines["Columns: mean ± spread"] = " · ".join(
            f"{name} {mean:.4g} ± {std:.2g}" for name, mean, std in zip(spec.features, spec.mean, spec.std, strict=True))
    if spec.vocabulary:
        pieces = "pieces of words"
        kind = {"text": "different characters", "pairs": pieces, "captioned": pieces}.get(spec.kind, "tokens")
        lines["Vocabulary"] = f"{len(spec.vocabulary):,} {kind}"
        if spec.kind == "sounds":
            lines["Vocabulary"] = f"{len(spec.vocabulary) - 1:,} letters and the blank"
    lines["In detail"] = shown.expert
    source = " · ".join(str(part) for part in (shown.people, shown.year or "") if part)
    if shown.paper or shown.url:
        source += f", [{shown.paper or 'source'}]({shown.url})" if shown.url else f", {shown.paper}"
    lines["From"] = source.removeprefix(", ") or "–"
    lines["Licence"] = shown.licence
    lines["Where"] = said(start.availability(name))
    if seen:
        lines["Digest"] = f"`{seen.digest}`"
    for word, text in lines.items():
        st.markdown(f":gray[:small[{word}]]  \n{text}")


def charts(name: str, spec: DataSpec, seen: look.Overview) -> None:
    if spec.kind == "text":
        st.subheader("How often each character comes", anchor=False)
        counts = sum(seen.balance.values())
        order = counts.argsort()[::-1]
        names, ordered = visible([spec.vocabulary[i] for i in order]), {s: part[order] for s, part in seen.balance.items()}
        chart(plots.class_balance(names, ordered, "characters"), key=f"balance_{name}", height=300,
              alt=f"How often each of {len(names)} characters comes, most often {names[0]}.")
    elif seen.balance:
        st.subheader("Class balance", anchor=False)
        counts = sum(seen.balance.values())
        chart(
            plots.class_balance(spec.classes, seen.balance), key=f"balance_{name}", height=300,
            alt=f"Examples of each of {len(spec.classes)} classes, from {counts.min():,} to {counts.max():,}.",
        )
    if seen.lengths is not None:
        together = spec.kind == "questions"
        st.subheader("Length of question and passage" if together else "Length of the sentences", anchor=False)
        unit = "questions" if together else "sentences"
        chart(plots.sentence_lengths(seen.lengths, unit), key=f"lengths_{name}", height=260,
              alt=f"Training {unit} of each length, up to {len(seen.lengths) - 1} tokens.")
    if seen.seconds is not None:
        st.subheader("Length of the sounds", anchor=False)
        chart(plots.durations(seen.seconds), key=f"lengths_{name}", height=260,
              alt=f"Training sounds of each length, up to {seen.seconds.max():.1f} seconds.")


page.through_router()
# A link from this page to itself leaves the browser's address as it was: the server tells it what it was asked for.
st.query_params.update()
if named := st.query_params.get("dataset"):
    one(named)
elif "bring" in st.query_params:
    bring.show()
else:
    overview()
