"""One preview of all chosen runs, at the same step."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from core.plots.style import run_colour
from core.ui import address, previews
from core.ui.comparing.choice import Choice


def pictures(choice: Choice, key: str) -> None:
    """One preview of all chosen runs, at the same step."""
    runs = choice.runs
    files = {run.id: previews.files(run) for run in runs}
    offered = Counter(name for of_run in files.values() for name in of_run)
    if not offered:
        st.caption("None of these runs has shown anything of itself yet.")
        return
    names_of = sorted(offered, key=lambda name: (-offered[name], name.startswith("test_"), name))
    name = names_of[0]
    if len(names_of) > 1:
        name = address.segments("Preview", f"{key}preview", names_of, format_func=previews.words)
    shown = [run for run in runs if name in files[run.id]]
    previews.film(
        [previews.Film(run.id, files[run.id][name], choice.names[run.id], run_colour(run.id)) for run in shown], name,
        key=f"{key}film_{name}")
