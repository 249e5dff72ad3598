"""Models that pages have in memory."""

from __future__ import annotations

import streamlit as st

from core.inside.load import Loaded, load


@st.cache_resource(max_entries=12, show_spinner="Reading the checkpoint …")
def loaded(run_id: str, step: int, newest: bool) -> Loaded:
    """The model at a step; where that is the newest, an older one stands in for it while it is half written."""
    return load(run_id, None if newest else step)
