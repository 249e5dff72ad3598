"""Colours of runs, and the drawings of the tasks."""

import uuid
from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest

from core import catalog
from core.plots.illustrations import illustration
from core.plots.style import PALETTE, run_colour, run_lines, styled


def test_a_run_keeps_its_colour_whatever_else_is_shown():
    ids = [uuid.UUID(int=i << 96).hex for i in range(20)]
    alone = [run_lines([run_id])[run_id]["color"] for run_id in ids]
    together = [line["color"] for line in run_lines(ids).values()]
    assert alone == together == [run_colour(run_id) for run_id in ids]


def test_runs_whose_colours_fall_together_differ_in_their_dashes():
    ids = [uuid.UUID(int=i << 96).hex for i in range(4 * len(PALETTE))]
    assert len({tuple(line.values()) for line in run_lines(ids).values()}) == len(ids)


@pytest.mark.parametrize("dark", [False, True])
def test_a_styled_figure_lets_the_page_show_through(dark: bool):
    figure = styled(go.Figure(go.Scatter(y=[1, 2])), dark=dark, height=200)
    assert figure.layout.template.layout.paper_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.height == 200


@pytest.mark.parametrize("dark", [False, True])
def test_every_drawing_is_well_formed(dark: bool):
    drawings = [illustration(task, dark) for task in catalog.entries("task")]
    assert any(drawings)
    for drawing in filter(None, drawings):
        ElementTree.fromstring(drawing)
