"""The code and the environment that the chosen runs were trained with, as far as they differ."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.tracking import code, read
from core.ui import address, page, tables
from core.ui.comparing.choice import Choice


def origins(choice: Choice, key: str) -> None:
    runs = choice.runs
    _code(runs, choice, key)
    _environment(runs, choice, key)


def _code(runs: list[read.Run], choice: Choice, key: str) -> None:
    commits: dict[str, list[read.Run]] = {}
    for run in sorted(runs, key=lambda run: run.created):
        commits.setdefault(code.commit(run), []).append(run)
    lacking = len(commits.pop("", []))
    if lacking:
        st.caption(f"{lacking} of these runs {'does' if lacking == 1 else 'do'} not say which code they were trained with.")
    if not commits:
        return
    if len(commits) == 1:
        st.markdown(f"**Code:** all were trained with the same, commit `{next(iter(commits))[:10]}`.")
        return

    def words(commit: str) -> str:
        of = commits[commit]
        return f"{commit[:10]}, {choice.names[of[0].id]}" + (f" and {len(of) - 1} more" if len(of) > 1 else "")

    st.markdown(f"**Code:** {len(commits)} commits, from the oldest run to the newest.")
    names = list(commits)
    with st.container(horizontal=True, gap="medium"):
        first = address.select("From", f"{key}from", names, names[0], format_func=words)
        second = address.select("To", f"{key}to", [name for name in names if name != first], names[-1], format_func=words)
    found = _change(first, second)
    if found.unknown:
        names = " and ".join(f"`{page.plain(name[:10])}`" for name in found.unknown)
        st.caption(f"This checkout does not have {names}: fetch it with git to see what differs.")
    elif not found.text:
        st.caption("The files of both commits are the same.")
    else:
        st.code(found.summary, language=None)
        with st.expander("All lines", icon=":material/difference:"):
            st.code(found.text, language="diff", height=480)
            if found.cut:
                st.caption(f"Cut after {code.MOST:,} characters: `git diff {first[:10]} {second[:10]}` has all.")


@st.cache_data(max_entries=20, ttl=600, show_spinner="Asking git …")
def _change(first: str, second: str) -> code.Change:
    return code.change(first, second)


def _environment(runs: list[read.Run], choice: Choice, key: str) -> None:
    known = {run.id: code.environment(_files(run.id, run.state)) for run in runs}
    saying = [run for run in runs if known[run.id]]
    if not saying:
        st.caption("None of these runs says what it ran on.")
        return
    apart = code.apart([known[run.id] for run in saying])
    if not apart:
        several = f"all {len(saying)} ran" if len(saying) > 1 else "it ran"
        st.markdown(f"**Environment:** {several} on the same machine, with the same packages.")
    else:
        things = "1 thing differs" if len(apart) == 1 else f"{len(apart)} things differ"
        st.markdown(f"**Environment:** {things} among packages and machines.")
        frame = pd.DataFrame({"Run": [choice.names[run.id] for run in saying]}
                             | {name: [value or "–" for value in values] for name, values in apart.items()})
        tables.draw(tables.coloured(frame, saying), key=f"{key}environment")
    if len(saying) < len(runs):
        st.caption(f"{len(runs) - len(saying)} of the runs did not say.")


@st.cache_data(max_entries=500, show_spinner="Reading what the runs ran on …")
def _files(run_id: str, state: str) -> dict[str, str]:
    return read.environment(run_id)
