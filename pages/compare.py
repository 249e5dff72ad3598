"""Compare: chosen runs side by side. The address holds the whole choice, so that a link shows the next person the same."""

from __future__ import annotations

import streamlit as st

from core.plots.style import run_lines
from core.tracking import read
from core.ui import page
from core.ui.comparing import choosing, panels
from core.ui.comparing.choice import Choice
from core.ui.reporting import start

LIVE_SECONDS = 3
LISTED, LEGEND = 10, 130  # runs up to which all of the legend is seen; the pixels that it has beyond


def panel(name: str, choice: Choice, states: list[str]) -> None:
    """One panel. When a run that it follows ends, the whole page does."""
    if [run.state for run in choice.runs] != states:
        st.rerun(scope="app")
    panels.draw(name, choice)


page.opening("Compare", "Runs side by side: their curves, what differs in their settings, their results and their pictures.")
picked = choosing.chosen()
choosing.picker(picked)
if picked:
    choice = Choice(tuple(run.id for run in picked), choosing.labels(picked), run_lines(run.id for run in picked))
    with st.container(height=LEGEND if len(picked) > LISTED else "content", border=False):
        choosing.legend(picked, choice.names, choice.pens)
    with st.container(horizontal=True):
        panels.offer()
        start.button(picked)
        panels.kept(",".join(choice.ids))
    states = [run.state for run in choice.runs]
    training = any(state not in read.ENDED for state in states)
    with st.container(key="live"):
        for name in panels.shown() if states else ():
            follows = training and panels.PANELS[panels.kind(name)].live
            st.fragment(panel, run_every=LIVE_SECONDS if follows else None)(name, choice, states)
