"""Pages are tested on a store that is made once and copied: MLflow takes seconds to make one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import streamlit as st

from core.home import home as home_folder
from core.tracking import store


@pytest.fixture(scope="session")
def fresh_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty embedded store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSBOX_HOME", str(tmp_path_factory.mktemp("store")))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        store.client()
        return home_folder() / "mlflow.db"


@pytest.fixture
def ready_store(home: Path, fresh_store: Path) -> None:
    """The test's home has the store already, and nothing is remembered from the test before."""
    st.cache_data.clear()
    shutil.copy(fresh_store, home / "mlflow.db")
