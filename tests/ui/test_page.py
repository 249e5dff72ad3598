"""How times and numbers are written."""

import pytest

from core.ui import page


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 00 s"), (3661, "1 h 01 min"), (90_000, "1 d 1 h"), (-3, "0 s")],
)
def test_a_duration_shows_its_two_largest_units(seconds: float, text: str):
    assert page.duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(3, "just now"), (75, "1 min ago"), (7300, "2 h ago"), (200_000, "2 d ago")])
def test_a_moment_is_told_by_the_time_since(seconds: float, text: str):
    assert page.ago(1000.0, now=1000.0 + seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(7, "7"), (999, "999"), (61_706, "61.7 k"), (999_999, "1 M"), (3_200_000, "3.2 M"), (4e9, "4 G")]
)
def test_a_large_count_keeps_three_digits(value: float, text: str):
    assert page.count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.002, "0.002"), (1e-5, "1e-05"), (0.48712, "0.4871"), (12_345.6, "12,346"), (3.0, "3"), (float("nan"), "nan")],
)
def test_a_number_keeps_four_digits(value: float, text: str):
    assert page.number(value) == text


def test_measures_carry_their_units():
    assert page.measure("test/accuracy", 0.98765) == "98.77 %"
    assert page.measure("validation/psnr", 27.123) == "27.12 dB"
    assert page.memory(1_500_000) == "1.5 MB"


def test_every_state_of_a_run_has_a_badge():
    assert set(page.STATES) == {"SCHEDULED", "RUNNING", "FINISHED", "FAILED", "KILLED"}


def test_measures_have_titles_and_f1_keeps_its_capital():
    assert page.measure_title("test/calibration_error") == "Test calibration error"
    assert page.measure_title("test/cider") == "Test CIDEr"
    assert page.measure_title("test/bleu") == "Test BLEU" and page.measure_title("validation/chrf") == "Validation chrF"
    assert page.measure_title("validation/f1") == "Validation F1" and page.measure_title("f1") == "F1"
    assert page.measure("test/f1", 0.5) == "50.00 %"
