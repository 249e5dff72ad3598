"""What differs in the settings of the chosen runs."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import streamlit as st

from core.tracking import compare
from core.ui import tables
from core.ui.comparing.choice import Choice

MOST = 200  # settings: a table with more columns is read by nobody


def settings(choice: Choice, key: str) -> None:
    """What differs in the settings of the runs, and nothing else."""
    runs = choice.runs
    different = compare.differing(runs)
    if not different:
        st.caption("Nothing: these runs have the same settings, seed included.")
        return
    if len(different) > MOST:
        st.caption(f"The first {MOST} of {len(different):,} settings that differ.")
        different = different[:MOST]
    titles = {name: tables.setting_title(name) for name in different}
    often = Counter(titles.values())
    titled = {name: title if often[title] == 1 else f"{title} ({name.split('.')[0]})" for name, title in titles.items()}
    frame = pd.DataFrame(
        {"Run": [choice.names[run.id] for run in runs]}
        | {titled[name]: [tables.setting_text(run.params.get(name)) for run in runs] for name in different}
    )
    tables.draw(tables.coloured(frame, runs), key=f"{key}differences")
