"""One or two models that are asked the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.inside.classify import Answer
from core.inside.load import Loaded
from core.plots import inside as plots
from core.plots.style import run_colour
from core.ui.chart import chart
from core.ui.run_picker import title


@dataclass(frozen=True)
class Side:
    """One of the models. `key` starts the names of what only it is asked, so that two models don't share them; `narrow`
    where it has half of the page."""

    key: str
    loaded: Loaded
    narrow: bool

    @property
    def colour(self) -> str:
        return run_colour(self.loaded.run.id)

    @property
    def name(self) -> str:
        return f"{title(self.loaded.run)}, step {self.loaded.step:,}"


def places(sides: Sequence[Side]) -> list[DeltaGenerator]:
    """A column for each side, headed by its run where there are two."""
    if len(sides) == 1:
        return [st.container()]
    columns = st.columns(len(sides), gap="large")
    for side, column in zip(sides, columns, strict=True):
        column.html(f"<div style='font-weight:600'><span style='color:{side.colour}'>&#9632;</span> {side.name}</div>")
    return list(columns)


def answer_line(answer: Answer) -> None:
    """The answer in words, and how sure it is."""
    share = float(answer.probabilities[answer.best])
    st.metric("Answer", answer.classes[answer.best], f"{100 * share:.1f} %", delta_arrow="off",
              delta_color="green" if share > 0.9 else "orange")


def chances(side: Side, answer: Answer, row: int) -> None:
    """All probabilities as bars, `row` pixels high each."""
    chart(plots.probabilities(answer.classes, answer.probabilities, side.colour), key=f"{side.key}chances",
          height=row * min(12, len(answer.classes)) + 8,
          alt=f"Probabilities of the classes; the likeliest is {answer.classes[answer.best]}.")
