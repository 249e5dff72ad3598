"""The form that is made from a Settings class."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import catalog
from core.experiment import Experiment, Training, setting
from core.ui import form


def app() -> None:
    """A page with the form of two settings classes, which keeps what it is told."""
    from typing import Literal

    import streamlit as st

    from core.experiment import Settings, Training, setting
    from core.ui import form

    class Model(Settings):
        width: int = setting(64, "Neurons.", unit="neurons", ge=1, le=8192)
        depth: int = setting(2, "Layers.", unit="layers", ge=1, le=16)
        dropout: float = setting(0.0, "Share of silenced neurons.", ge=0, lt=1)
        bend: Literal["tanh", "relu"] = setting("relu", "The bend.")
        positions: Literal["sinusoidal", "learned", "rotary", "none"] = setting("learned", "Where a word stands.")
        side: Literal[32, 64] = setting(32, "Side.", unit="pixels")
        bias: bool = setting(True, "Whether there is a bias.")

    def write(path, value):
        st.session_state["written"] = (path, value)

    form.fields("model", Model(), write, changed={"model.width"})
    form.fields("training", Training(), write, names=["learning_rate"])


@pytest.fixture
def page() -> AppTest:
    shown = AppTest.from_function(app).run()
    assert not shown.exception
    return shown


def test_each_type_gets_the_widget_that_suits_it(page: AppTest):
    assert page.number_input("model.width").value == 64
    assert page.slider("model.depth").value == 2
    assert page.number_input("model.dropout").value == 0.0
    assert page.button_group("model.bend").value == "relu"
    assert page.selectbox("model.positions").value == "learned"
    assert page.toggle("model.bias").value is True


def test_ranges_units_and_help_come_from_the_settings(page: AppTest):
    width = page.number_input("model.width")
    assert (width.min, width.max, width.help) == (1, 8192, "Neurons.")
    assert page.slider("model.depth").label == "Depth (layers)"
    assert page.number_input("training.learning_rate").label == "Learning rate"


def test_what_the_person_set_is_marked(page: AppTest):
    assert "●" in page.number_input("model.width").label
    assert "●" not in page.slider("model.depth").label


def test_a_change_is_reported_with_its_path_and_type(page: AppTest):
    page.slider("model.depth").set_value(5).run()
    assert page.session_state["written"] == ("model.depth", 5)
    page.selectbox("model.positions").select("rotary").run()
    assert page.session_state["written"] == ("model.positions", "rotary")
    page.toggle("model.bias").set_value(False).run()
    assert page.session_state["written"] == ("model.bias", False)


def test_the_given_value_wins_over_what_the_browser_last_had(page: AppTest):
    page.number_input("model.width").set_value(99).run()
    assert page.session_state["written"] == ("model.width", 99)
    assert page.number_input("model.width").value == 64  # this page did not take the change over


@pytest.mark.parametrize(("default", "by"), [(0.001, 0.0001), (0.002, 0.001), (0.9, 0.1), (2.0, 1.0), (0.0, 0.01)])
def test_a_click_changes_a_number_in_its_first_digit(default: float, by: float):
    assert form.step(default) == pytest.approx(by)


def test_every_setting_of_the_catalogue_has_a_widget():
    owners = [cls for kind in ("architecture", "dataset", "task") for cls in catalog.entries(kind).values()]
    for settings in (Training, *(owner.Settings for owner in owners)):
        for name, info in settings.model_fields.items():
            draw, _ = form.widget(info)
            assert draw in (st.number_input, st.slider, st.toggle, st.selectbox, st.segmented_control), name
            assert info.description, f"{settings.__module__}: {name} has no sentence"
    form.widget(Experiment.model_fields["seed"])


def test_a_type_without_a_widget_is_a_programmers_error():
    class Odd(Training):
        names: list[str] = setting([], "Names.")

    with pytest.raises(TypeError):
        form.widget(Odd.model_fields["names"])
