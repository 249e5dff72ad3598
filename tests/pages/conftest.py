"""Pages are tested on an empty store, with no supervisor, and nothing remembered from the test before."""

from __future__ import annotations

import pytest
import streamlit as st

from core.jobs import supervisor


@pytest.fixture(autouse=True)
def nothing_trains(ready_store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_data.clear()
    st.cache_resource.clear()
    monkeypatch.setattr(supervisor, "ensure", lambda: None)
