"""Which runs are compared: all of them as a table to tick, the chosen ones as a legend. The address holds the choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core.errors import UserError
from core.tracking import compare, read
from core.ui import page, tables
from core.ui.runs_table import runs_table, tick, ticked

MOST_RUNS = 50  # that colours and dashes tell apart
STATES = ("RUNNING", *read.ENDED)  # a run that waits has nothing to compare
DASHES = {"solid": "", "dash": "6 3", "dot": "2 2", "dashdot": "6 2 2 2", "longdash": "10 3", "2px,7px": "2 6",
          "longdashdot": "9 2 2 2", "9px,3px,2px,3px,2px,3px": "7 2 1 2 1 2"}


def chosen_ids() -> list[str]:
    """The ids that the address names, each once."""
    return ticked()


def chosen() -> list[read.Run]:
    """The runs that the address names; those that can't be had are said."""
    found, ids = [], chosen_ids()
    known = {run.id: run for run in read.some(ids)}  # the store itself is asked of none but the others
    for run_id in ids[:MOST_RUNS]:
        try:
            found.append(known.get(run_id) or read.run(run_id))
        except UserError as error:
            st.warning(str(error), icon=":material/search_off:")
    if len(ids) > MOST_RUNS:
        st.warning(f"Only the first {MOST_RUNS} runs are shown: more can't be told apart.", icon=":material/filter_alt:")
    return found


def choose(runs: list[read.Run]) -> None:
    """Writes the chosen runs into the address."""
    tick(run.id for run in runs)


def picker(picked: list[read.Run]) -> None:
    """All runs as a table to tick."""
    if not any(run.state in STATES for run in read.runs()):
        with st.container(border=True):
            st.markdown("#### Nothing to compare yet\nTrain two runs that differ in one setting, or one from several seeds: "
                        "their curves, results and pictures will stand side by side here.")
            st.page_link("pages/launch.py", label="Launch runs", icon=":material/rocket_launch:")
        return
    label = f"Change the choice of {len(picked)} runs" if len(picked) > 1 else "Choose the runs to compare"
    with st.expander(label, expanded=len(picked) < 2, key="choose", icon=":material/checklist:"):
        runs_table(states=STATES, shown=("run", "state", "result", "launched"), settings=True, ticks=True)


def legend(picked: list[read.Run], names: dict[str, str], pens: dict[str, dict[str, str]]) -> None:
    """The chosen runs with their lines; each can be opened or taken away."""
    with st.container(horizontal=True, gap="small", key="legend"):
        for run in picked:
            pen = pens[run.id]
            with st.container(horizontal=True, vertical_alignment="center", width="content", gap=None, key=f"in_{run.id}"):
                st.image(LINE.format(colour=pen["color"], dash=DASHES[pen["dash"]]), width=24, alt="")
                st.page_link("pages/runs.py", label=names[run.id], query_params={"run": run.id}, width="content")
                if run.state != "FINISHED":
                    st.markdown(page.badge_text(run.state), width="content")
                st.button("", icon=":material/close:", type="tertiary", key=f"without_{run.id}", help="Take this run away",
                          on_click=choose, args=([other for other in picked if other.id != run.id],))


LINE = ('<svg xmlns="http://www.w3.org/2000/svg" width="24" height="8" viewBox="0 0 24 8">'
        '<path d="M1 4h22" stroke="{colour}" stroke-width="3" stroke-dasharray="{dash}"/></svg>')


def labels(runs: Sequence[read.Run]) -> dict[str, str]:
    """A name for each run that tells it from the others: what differs in its settings where the names are the same."""
    names = {run.id: run.name for run in runs}
    alike: dict[str, list[read.Run]] = {}
    for run in runs:
        alike.setdefault(run.name, []).append(run)
    for namesakes in alike.values():
        settings = [name for name in compare.differing(namesakes) if "." in name]
        for run in namesakes:
            names[run.id] += "".join(f", {tables.setting_words(name, run.params.get(name))}" for name in settings[:2])
    twice = Counter(names.values())
    return {run.id: names[run.id] if twice[names[run.id]] == 1 else f"{names[run.id]} ({run.id[:6]})" for run in runs}
