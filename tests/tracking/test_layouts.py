"""Layouts of the Compare page in the store."""

from __future__ import annotations

import pytest

from core.errors import UserError
from core.tracking import layouts, store

pytestmark = pytest.mark.usefixtures("ready_store")


def test_a_layout_comes_back_as_it_was_kept_and_can_be_forgotten() -> None:
    made = {"charts": ["curves,scatter"], "scatter_x": ["model.width"], "log": ["x", "y"], "axes": [""]}
    layouts.keep(" Für das Team ", made)
    store.client().set_experiment_tag(store.experiment_id(), "someone.else", "a=b")
    assert layouts.layouts() == {"Für das Team": made}
    layouts.keep("Für das Team", {"charts": ["heat"]})
    assert layouts.layouts() == {"Für das Team": {"charts": ["heat"]}}
    layouts.forget("Für das Team")
    assert layouts.layouts() == {}


@pytest.mark.parametrize(("name", "told"), [("", "Call it by"), ("a" * 61, "Call it by"), ("<b>", "Call it by")])
def test_a_name_that_the_store_would_not_take_is_refused(name: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        layouts.keep(name, {"charts": ["curves"]})


def test_a_layout_that_is_too_large_is_refused() -> None:
    with pytest.raises(UserError, match="too large"):
        layouts.keep("large", {"charts": ["x" * 6000]})
