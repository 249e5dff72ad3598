"""Curves: TensorBoard's smoothing, and what a chart leaves out."""

from __future__ import annotations

import numpy as np
import pytest

from core.plots.confusion import confusion, confusion_difference
from core.plots.curves import DENSE, Curve, band, figure, omissions, range_test, smoothed, time_unit


def line(values, name: str = "a", along=None, **more) -> Curve:
    values = np.asarray(values, np.float64)
    return Curve(name, np.arange(len(values), dtype=np.float64) if along is None else np.asarray(along, np.float64), values,
                 "#0072B2", **more)


def test_smoothing_is_tensorboards_average_without_its_bias_to_zero() -> None:
    values, weight = np.array([1.0, 3.0, 2.0, 8.0]), 0.6
    expected = []
    for n in range(1, 5):  # the weighted mean in closed form: newest weighs 1, the one before 0.6, ...
        weights = weight ** np.arange(n - 1, -1, -1)
        expected.append(weights @ values[:n] / weights.sum())
    assert smoothed(values, weight) == pytest.approx(expected)
    assert smoothed(values, weight)[0] == 1.0  # the first point stands where it was logged


def test_smoothing_leaves_gaps_constants_and_weight_zero_alone() -> None:
    held = smoothed(np.array([1.0, np.nan, 3.0]), 0.5)
    assert np.isnan(held[1])
    assert held[2] == pytest.approx((0.5 * 1 + 3) / 1.5)
    assert (smoothed(np.full(5, 0.1), 0.9) == 0.1).all()
    assert smoothed(np.array([2.0, 1.0]), 0).tolist() == [2, 1]
    assert smoothed(np.array([]), 0.9).size == 0


def test_the_raw_line_stays_behind_a_smoothed_one() -> None:
    values = np.array([3.0, 1.0, 2.0])
    raw, smooth = figure([line(values, smooth=smoothed(values, 0.5))]).data
    assert list(raw.y) == [3, 1, 2] and raw.opacity < 0.5 and raw.showlegend is False
    assert list(smooth.y) == pytest.approx(smoothed(np.array([3.0, 1.0, 2.0]), 0.5).tolist())


def test_a_band_is_the_mean_and_the_range_of_lines_at_common_places() -> None:
    seeds = [line([0.0, 2.0, 4.0], along=[0, 2, 4]), line([3.0, 5.0], along=[1, 3])]
    found = band(seeds, "range", "both")
    assert found.x.tolist() == [1, 2, 3]  # where both are
    assert found.y.tolist() == [2, 3, 4] and found.low.tolist() == [1, 2, 3] and found.high.tolist() == [3, 4, 5]
    by_deviation = band(seeds, "deviation", "both")
    assert by_deviation.high - by_deviation.y == pytest.approx(np.std([1, 3], ddof=1) * np.ones(3))
    assert (found.name, found.colour) == ("both", seeds[0].colour)


def test_a_band_has_a_gap_where_a_seed_has_no_number_and_none_around_a_single_seed() -> None:
    found = band([line([1.0, np.inf, 3.0]), line([1.0, 2.0, 3.0])], "range", "")
    assert np.isnan(found.y).tolist() == [False, True, False]
    alone = band([line([1.0, 2.0])], "deviation", "")
    assert (alone.low == alone.y).all() and (alone.high == alone.y).all()


def test_a_band_is_of_the_smoothed_lines_and_is_drawn_with_its_edges() -> None:
    found = band([line([1.0, 9.0], smooth=np.array([1.0, 2.0])), line([1.0, 4.0])], "range", "mean")
    assert found.y.tolist() == [1, 3]
    low, high, mean = figure([found]).data
    assert list(low.y) == [1, 2] and list(high.y) == [1, 4] and high.fill == "tonexty" and list(mean.y) == [1, 3]


def test_dashes_are_left_away_where_they_would_take_too_long() -> None:
    few, many = line([1.0, 2.0], dash="dot"), line(np.zeros(DENSE), dash="dot")
    assert figure([few]).data[0].line.dash == "dot"
    assert {trace.line.dash for trace in figure([few, many]).data} == {"solid"}


def test_axes_carry_their_scale_and_unit() -> None:
    drawn = figure([line([0.1, 0.9], along=[0, 7200])], axis="time", log_y=True, percent=True)
    assert drawn.layout.xaxis.title.text == "time (hours)"
    assert list(drawn.data[0].x) == [0, 2]
    assert (drawn.layout.xaxis.type, drawn.layout.yaxis.type) == ("linear", "log")
    assert "%" in drawn.layout.yaxis.tickformat


@pytest.mark.parametrize(("seconds", "unit"), [(30, "seconds"), (119, "seconds"), (120, "minutes"), (7200, "hours"),
                                               (172_800, "days")])
def test_the_unit_of_time_suits_the_span(seconds: float, unit: str) -> None:
    assert time_unit(seconds)[1] == unit


def test_what_a_chart_leaves_out_is_said() -> None:
    assert omissions([line([1.0, 2.0])]) == ""
    assert omissions([line([1.0, 2.0], logged=5000)]) == "Shows 2 of 5,000 logged points, picked so that the lines " \
        "look the same."
    assert omissions([line([1.0, 2.0], logged=9, kept=1)], zooms=True).startswith("Shows 1 of 9 logged points")
    assert omissions([line([1.0, 2.0], logged=2)], zooms=True) == ""
    assert "1 point at or below zero has no place" in omissions([line([0.0, 2.0])], log_y=True)
    assert "2 points" in omissions([line([0.0, 2.0, -1.0])], log_x=False, log_y=True)


def test_a_confusion_matrix_has_every_count_and_shades_by_the_share_of_the_true_class() -> None:
    counts = np.array([[90, 10], [0, 0]])
    drawn = confusion(counts, ["3", "8"]).data[0]
    assert np.asarray(drawn.z) == pytest.approx(np.sqrt([[0.9, 0.1], [0, 0]]))
    assert drawn.customdata[0][1][0] == "3 taken for 8"
    assert [[cell[1] for cell in row] for row in drawn.customdata] == counts.tolist()
    assert list(map(list, drawn.text)) == [["90", "10"], ["", ""]]


def test_a_level_is_a_dashed_line_with_its_name() -> None:
    shape, = figure([line([0.1, 0.2])], level=(0.9, "baseline")).layout.shapes
    assert (shape.y0, shape.y1, shape.line.dash, shape.label.text) == (0.9, 0.9, "dash", "baseline")
    assert not figure([line([0.1, 0.2])]).layout.shapes


def test_a_range_test_marks_its_suggestion_where_it_lies_on_the_logarithmic_axis() -> None:
    tried = line([2.0, 1.0, 50.0], along=[1e-4, 1e-2, 1.0])
    drawn = range_test(tried, 0.9, 1e-3)
    assert drawn.layout.shapes[0].x0 == 1e-3
    assert drawn.layout.annotations[0].x == pytest.approx(-3) and drawn.layout.annotations[0].text == "0.001"
    assert drawn.layout.yaxis.range == (0, 2.5)
    assert not range_test(tried, 0.9, None).layout.shapes


def test_the_difference_of_two_matrices_is_in_per_cent_of_the_true_class() -> None:
    drawn = confusion_difference(np.array([[9, 1], [2, 2]]), np.array([[5, 5], [4, 0]]), ["3", "8"], False).data[0]
    assert np.asarray(drawn.z) == pytest.approx(np.array([[-40, 40], [50, -50]]))
    assert [list(row) for row in drawn.text] == [["-40", "+40"], ["+50", "-50"]]
    assert (drawn.zmin, drawn.zmax) == (-50, 50)
