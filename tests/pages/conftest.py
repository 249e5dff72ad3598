"""Pages are tested on an empty store, with no supervisor, and nothing remembered from the test before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st

from core.experiment import Experiment
from core.jobs import supervisor
from core.training import summary


@pytest.fixture(scope="session", autouse=True)
def summaries() -> Iterator[None]:
    """What an experiment would cost depends on nothing else: it is measured once for all tests."""
    known: dict[str, summary.Summary] = {}

    def once(experiment: Experiment) -> summary.Summary:
        key = experiment.model_dump_json()
        if key not in known:
            known[key] = measured(experiment)
        return known[key]

    measured = summary.summarise
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary, "summarise", once)
        yield


@pytest.fixture(autouse=True)
def nothing_trains(ready_store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_data.clear()
    st.cache_resource.clear()
    monkeypatch.setattr(supervisor, "ensure", lambda: None)
