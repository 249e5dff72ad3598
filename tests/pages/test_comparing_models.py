"""Models side by side on the Compare page under AppTest: matrices, examples on which they differ, and one question."""

from __future__ import annotations

import pytest

from tests.pages.driving import opened, words
from tests.pages.test_inside import kept


@pytest.fixture
def two() -> str:
    return f"{kept('classification', 'mlp', 'sklearn-digits')},{kept('classification', 'mlp', 'sklearn-digits', seed=1)}"


def test_two_classifiers_have_their_matrices_and_the_difference(two: str) -> None:
    page = opened("compare", runs=two, charts="confusions")
    assert page.multiselect("confusions_models").value == two.split(",")
    assert words(page).count("of the test split named rightly") == 2
    assert "**The difference**" in words(page)


def test_examples_that_one_model_alone_names_rightly_are_shown_for_each(two: str) -> None:
    page = opened("compare", runs=two, charts="disagreements")
    assert words(page).count("that this model alone names rightly:") == 2
    assert "95 % interval" in words(page)


def test_one_picture_is_answered_by_all(two: str) -> None:
    asked = {"charts": "answers", "answers_input": "From the data", "answers_split": "test", "answers_index": "3"}
    page = opened("compare", runs=two, **asked)
    assert len([shown for shown in page.markdown if shown.value.startswith("**") and shown.value.endswith(" %")]) == 2
    assert "The answers appear here" in "\n".join(info.value for info in opened("compare", runs=two, charts="answers").info)


def test_noise_is_cleaned_by_all_and_measured() -> None:
    made = [kept("denoising", "dncnn", "face-patches", seed=seed, model={"depth": 3}) for seed in (0, 1)]
    page = opened("compare", runs=",".join(made), charts="answers")
    assert words(page).count("PSNR") == 2


def test_models_that_learned_from_other_data_are_not_held_against_one_another() -> None:
    made = [kept("classification", "mlp", data) for data in ("sklearn-digits", "digits")]
    page = opened("compare", runs=",".join(made), charts="confusions")
    assert "Choose two runs that tell the classes of the same data apart" in words(page)
