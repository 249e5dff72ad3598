"""Pages remember what they read: each test starts without it."""

from __future__ import annotations

import pytest
import streamlit as st


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()
