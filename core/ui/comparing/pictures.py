"""One preview of all chosen runs, at the same step."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from core.plots.style import run_colour
from core.tracking import read
from core.ui import previews


def pictures(ids: list[str], names: dict[str, str]) -> None:
    """One preview of all chosen runs, at the same step."""
    runs = [read.run(run_id) for run_id in ids]
    files = {run.id: previews.files(run) for run in runs}
    offered = Counter(name for of_run in files.values() for name in of_run)
    if not offered:
        return
    st.subheader("Previews", anchor=False)
    names_of = sorted(offered, key=lambda name: (-offered[name], name.startswith("test_"), name))
    asked = st.query_params.get("preview")
    st.session_state.preview = asked if asked in names_of else names_of[0]
    if len(names_of) > 1:
        st.pills("Preview", names_of, required=True, key="preview", format_func=previews.words, label_visibility="collapsed",
                 on_change=keep_preview)
    name = st.session_state.preview
    shown = [run for run in runs if name in files[run.id]]
    previews.film([previews.Film(run.id, files[run.id][name], names[run.id], run_colour(run.id)) for run in shown], name,
                  key=f"film_{name}")


def keep_preview() -> None:
    st.query_params["preview"] = st.session_state.preview
