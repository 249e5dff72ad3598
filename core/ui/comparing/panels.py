"""The charts of the Compare page: which there are, which of them are shown, and layouts of them. The address holds which
are shown and all that is set in them; a layout is that part of the address under a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

import streamlit as st

from core.errors import UserError
from core.tracking import edit
from core.ui import page, reproducing
from core.ui.comparing import models, relations, verdict
from core.ui.comparing.choice import Choice
from core.ui.comparing.origins import origins
from core.ui.comparing.overlaid import overlaid
from core.ui.comparing.pictures import pictures
from core.ui.comparing.results import results
from core.ui.comparing.settings import settings


class Panel(NamedTuple):
    """A chart or table: what it is called, what it shows in one sentence, what draws it, and whether it follows runs that
    still train. `show` takes the runs, and what the names of all that it asks start with."""

    title: str
    sentence: str
    icon: str
    show: Callable[[Choice, str], None]
    live: bool = False


PANELS = {
    "curves": Panel("Curves", "One measure of every run as it learned.", ":material/show_chart:", overlaid, live=True),
    "scatter": Panel("Scatter", "Any two settings or metrics against each other, a point a run.",
                     ":material/scatter_plot:", relations.scatter),
    "parallel": Panel("Parallel coordinates", "Each run as a line through its settings to its result.",
                      ":material/swap_calls:", relations.parallel),
    "heat": Panel("Heat map", "The mean of a metric for each pair of values that two settings take.", ":material/grid_on:",
                  relations.heat),
    "boxes": Panel("Spread over seeds", "How far the seeds of each experiment lie apart.", ":material/candlestick_chart:",
                   relations.boxes),
    "importance": Panel("What matters", "How much of a metric's variance hangs on each setting.", ":material/sort:",
                        relations.importance),
    "confusions": Panel("Confusions", "What each classifier takes for what, and how they differ in it.",
                        ":material/grid_view:", models.confusions),
    "disagreements": Panel("Where two models differ", "The test examples that one names rightly and the other does not.",
                           ":material/call_split:", models.disagreements),
    "answers": Panel("One question", "The same picture or noise through several models.", ":material/forum:",
                     models.answers),
    "origins": Panel("Code and environment", "Which code, packages and machines the runs were trained with.",
                     ":material/terminal:", origins),
    "differences": Panel("What differs", "The settings that are not the same in all runs, and no others.",
                         ":material/difference:", settings),
    "results": Panel("Results", "The final figures, the best on top.", ":material/leaderboard:", results),
    "verdict": Panel("Is it really better?", "Two groups of runs, and whether their difference is more than chance.",
                     ":material/balance:", verdict.better),
    "reproduce": Panel("Reproduce", "The same experiment again: does every figure come out the same?",
                       ":material/replay_circle_filled:", reproducing.of_chosen),
    "previews": Panel("Previews", "What the runs show of themselves, at the same step.", ":material/movie:", pictures,
                      live=True),
}
SHOWN = ("curves", "differences", "results", "verdict", "previews")  # before a person has said otherwise
PLAIN = ("charts", "metric", "x", "smooth", "log", "seeds", "preview")  # what a layout holds beside the panels' own


def shown() -> list[str]:
    """The panels that the address names, in its order: a kind, with a number from 2 where it is shown more than once."""
    named = st.query_params.get("charts")
    return list(SHOWN) if named is None else [name for name in dict.fromkeys(named.split(",")) if kind(name) in PANELS]


def kind(name: str) -> str:
    return name.rstrip("0123456789")


def prefix(name: str) -> str:
    """What the names of all that a panel asks start with: nothing for those whose names older links have."""
    return "" if name in ("curves", "previews") else f"{name}_"


def show(names: list[str]) -> None:
    """Writes into the address which panels are shown."""
    st.query_params["charts"] = ",".join(names)


def add(which: str) -> None:
    """Shows one more panel of a kind, before all others but the first."""
    names = shown()
    free = next(name for name in (which, *(f"{which}{i}" for i in range(2, 1000))) if name not in names)
    show([*names[:1], free, *names[1:]])


def take_away(name: str) -> None:
    show([other for other in shown() if other != name])
    start = prefix(name)
    for key in [key for key in st.query_params if start and key.startswith(start)]:
        del st.query_params[key]


def offer() -> None:
    """The menu of all charts."""
    st.menu_button("Add a chart", list(PANELS), key="add_chart", icon=":material/add_chart:",
                   format_func=lambda name: f"{PANELS[name].icon} {PANELS[name].title}",
                   help="Anything that is shown can be had once more, with other settings.",
                   on_click=lambda: add(st.session_state.add_chart))


def layout() -> str:
    """What the address says of the panels, and not of the runs."""
    own = tuple(filter(None, map(prefix, shown())))
    there = [name for name in st.query_params if name in PLAIN or name.startswith(own)]
    named = {"charts": [",".join(shown())]} | {name: st.query_params.get_all(name) for name in there}
    return urlencode(named, doseq=True)


def kept(runs: str) -> None:
    """The menu of layouts: each a link that shows the runs of the address so, and a field to keep what is shown now."""
    with st.popover("Layouts", icon=":material/dashboard:", key="layouts"):
        try:
            found = edit.named("layout")
        except UserError as error:
            st.error(str(error), icon=":material/error:")
            return
        if not found:
            st.caption("Keep which charts are shown, and all that is set in them, under a name. Everyone who uses this "
                       "store can open it, with any runs.")
        for name, its in found.items():
            with st.container(horizontal=True, vertical_alignment="center", gap="small", horizontal_alignment="distribute"):
                st.page_link("pages/compare.py", label=page.plain(name),
                             query_params=parse_qs(its, keep_blank_values=True) | {"runs": runs})
                st.button("", icon=":material/delete:", type="tertiary", key=f"forget_{name}", on_click=_forget,
                          args=(name,), help=f"Forget the layout “{page.plain(name)}”")
        with st.form("keep_layout", border=False, clear_on_submit=True):
            name = st.text_input("Keep this layout as", max_chars=edit.LONGEST_NAME, placeholder="A name")
            if st.form_submit_button("Keep", icon=":material/bookmark:"):
                try:
                    edit.keep_named("layout", name, layout())
                except UserError as error:
                    st.error(str(error), icon=":material/error:")
                else:
                    st.rerun()


def _forget(name: str) -> None:
    try:
        edit.forget_named("layout", name)
    except UserError as error:
        st.toast(str(error), icon=":material/error:")


def draw(name: str, choice: Choice) -> None:
    """One panel under its title; what can't be shown is said in its place."""
    panel = PANELS[kind(name)]
    with st.container(horizontal=True, vertical_alignment="center", key=f"head_{name}", gap="small"):
        st.markdown(f"**{panel.title}** &ensp; :gray[{panel.sentence}]", width="stretch")
        st.button("", icon=":material/close:", type="tertiary", key=f"away_{name}", help=f"Take “{panel.title}” away",
                  on_click=take_away, args=(name,))
    try:
        panel.show(choice, prefix(name))
    except UserError as error:
        st.error(str(error), icon=":material/error:")
