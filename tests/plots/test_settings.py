"""Settings and metrics against one another: categories keep their names, and whoever lacks a value is left out."""

from __future__ import annotations

import numpy as np

from core.plots import settings as plots
from core.tracking.columns import Cells, Column

NAMES = ("one", "two", "three")
KIND = Column("model.kind", np.array([1.0, 0.0, np.nan]), ("lstm", "a name that is far too long for one line beside it"))
RATE = Column("training.learning_rate", np.array([0.001, 0.1, 0.01]))
SCORE = Column("test/accuracy", np.array([90.0, 80.0, 70.0]))


def title(name: str) -> str:
    return name.split(".")[-1]


def test_a_scatter_keeps_names_of_categories_and_spreads_rates_by_their_size() -> None:
    figure = plots.scatter(RATE, KIND, None, NAMES, ["red", "green", "blue"], title, False)
    points, = figure.data
    assert figure.layout.xaxis.type == "log" and figure.layout.yaxis.type == "category"
    assert list(points.x) == [0.001, 0.1] and list(points.text) == ["one", "two"]
    assert points.y[0].replace("<br>", " ") == KIND.labels[1] and "<br>" in points.y[0]
    assert list(points.marker.color) == ["red", "green"]


def test_the_third_of_a_scatter_is_a_colour_bar_or_a_legend() -> None:
    bar, = plots.scatter(SCORE, SCORE, RATE, NAMES, ["red"] * 3, title, False).data
    assert np.allclose(bar.marker.color, [-3, -1, -2])
    assert bar.marker.colorbar.ticktext == ("0.001", "0.01", "0.1")
    named = plots.scatter(SCORE, SCORE, KIND, NAMES, ["red"] * 3, title, False)
    assert named.data[0].name == "lstm" and named.layout.showlegend


def test_parallel_coordinates_carry_names_and_tried_values() -> None:
    figure, lacking = plots.parallel([KIND, RATE, SCORE], NAMES, title, True)
    kind, rate, score = figure.data[0].dimensions
    assert lacking == 1 and list(figure.data[0].customdata) == ["one", "two"]
    assert kind.ticktext[0] == "lstm" and list(kind.values) == [1, 0]
    assert list(rate.ticktext) == ["0.001", "0.1"] and np.allclose(rate.values, [-3, -1])
    assert list(score.values) == [90, 80]
    assert not plots.parallel([Column("x", np.array([np.nan]))], ["one"], title, True)[0].data


def test_a_heat_map_has_a_cell_for_each_pair_and_says_of_how_many_runs() -> None:
    figure = plots.heat(Cells(("1", "10"), ("a", "b"), np.array([[1.0, np.nan], [2.0, 3.0]]), np.array([[1, 0], [2, 1200]])),
                        "down", "across", "score", False)
    cells, = figure.data
    assert list(cells.y) == ["1", "10"] and figure.layout.yaxis.type == "category"
    assert [list(row) for row in cells.text] == [["1 run", "0 runs"], ["2 runs", "1,200 runs"]]


def test_a_box_holds_all_its_runs_by_name() -> None:
    figure = plots.boxes({"lstm": ([1.0, 2.0], ["one", "two"]), "gru": ([3.0], ["three"])}, ["red", "blue"], "score")
    assert [list(box.x) for box in figure.data] == [[1, 2], [3]]
    assert list(figure.data[0].text) == ["one", "two"] and set(figure.data[1].y) == {"gru"}
