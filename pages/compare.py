"""Compare: chosen runs side by side. The address holds the whole choice, so that a link shows the next person the same."""

from __future__ import annotations

import streamlit as st

from core.plots.style import run_lines
from core.tracking import read
from core.ui import page, reproducing
from core.ui.comparing import choosing
from core.ui.comparing.overlaid import overlaid
from core.ui.comparing.pictures import pictures
from core.ui.comparing.results import results
from core.ui.comparing.settings import settings
from core.ui.reporting import start

LIVE_SECONDS = 3

page.opening("Compare", "Runs side by side: their curves, what differs in their settings, their results and their pictures.")
picked = choosing.chosen()
choosing.picker(picked)
if picked:
    named, drawn_with = choosing.labels(picked), run_lines(run.id for run in picked)
    every = LIVE_SECONDS if any(run.state not in read.ENDED for run in picked) else None
    ids = [run.id for run in picked]
    choosing.legend(picked, named, drawn_with)
    with st.container(key="live"):
        st.fragment(overlaid, run_every=every)(ids, named, drawn_with, [run.state for run in picked])
        settings(picked, named)
        results(picked, named)
        reproducing.of_chosen(picked, named)
        start.button(picked)
        st.fragment(pictures, run_every=every)(ids, named)
