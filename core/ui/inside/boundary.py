"""A row of numbers is named. Of two numbers: the plane with its border, the hidden neurons' own borders and answers, and
their activation. Of more: the row can be changed, and each feature's say is shown."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from core import catalog
from core.catalog import DataSpec
from core.datasets.base import Data
from core.inside import attribution, boundary, classify, neurons
from core.inside.boundary import Response
from core.plots import boundary as plots
from core.plots.inside import coloured, probabilities
from core.plots.style import class_colour
from core.ui import address, page
from core.ui.chart import chart
from core.ui.inside.side import Side, answer_line, chances, places
from core.ui.tiles import Group, Tile, tiles

LINES, TILES = 16, 24  # neurons of a layer whose lines are drawn, and those that are shown as pictures
BARS = 12  # features whose say is shown
POINTS = 1500  # drawn in the plane

TITLE = "One row"
fits = boundary.fits


@st.cache_resource(max_entries=4, show_spinner="Reading the data set …")
def _data(dataset: str, settings: str) -> Data:
    """A data set with these settings (JSON). Raises `UserError` where it is not here."""
    cls = catalog.get("dataset", dataset)
    return cls(cls.Settings.model_validate_json(settings)).load()


def show(sides: Sequence[Side]) -> None:
    first = sides[0].loaded
    data = _data(first.experiment.dataset, first.experiment.data.model_dump_json())
    if len(first.spec.features) == 2:
        _planes(sides, data)
        return
    question, answers = st.columns([5, 8], gap="large")
    with question:
        row = _row(first.spec, data)
    for side, place in zip(sides, _within(answers, sides), strict=True):
        with place:
            _answered(side, row, beside=not side.narrow)


def _within(answers, sides: Sequence[Side]) -> list:
    with answers:
        return places(sides)


def _answered(side: Side, row: Tensor, beside: bool) -> None:
    """The answer to a row `(1, features)`, its chances and each feature's say."""
    answer = classify.classify(side.loaded, row)
    left, right = st.columns(2, gap="large") if beside else (st.container(), st.container())
    with left:
        answer_line(answer)
        chances(side, answer, row=30)
    with right:
        if not attribution.slopes(side.loaded, row):
            st.caption("This answer counts votes or picks the nearest: it has no slope that says how much each feature "
                       "matters.")
            return
        name, features = answer.classes[answer.best], side.loaded.spec.features
        said = attribution.integrated_gradients(side.loaded, row, answer.best)
        st.markdown(f"**What spoke :blue[for] and :orange[against] {name}**", help="Integrated gradients (Sundararajan, "
                    "Taly and Yan 2017): how much each number raised or lowered this answer, compared with the mean row of "
                    "the training data.")
        chart(plots.say(features, said, BARS), key=f"{side.key}say", height=28 * min(BARS, len(features)) + 12,
              alt=f"How much each feature spoke for {name}.")


# ---- a row of many numbers


def _row(spec: DataSpec, data: Data) -> Tensor:
    """A row of the test data, and what the person made of it: float32 `(1, features)`. The address holds both."""
    index = address.number_field("Row of the test data", "index", 0, len(data.test) - 1,
                                 help="The model has never seen these rows. Any number takes another one.")
    example = [float(f"{value:.6g}") for value in data.test.inputs[index].tolist()]
    values = _changed(index, example)
    label = spec.classes[int(data.test.targets[index])]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Labelled “{label}”" if values == example else f"Changed by you; the row was labelled “{label}”",
                   width="content")
        if values != example:
            st.button("Back to the row", type="tertiary", icon=":material/undo:", on_click=_forget)
    low, high = data.train.inputs.amin(0).tolist(), data.train.inputs.amax(0).tolist()
    with st.container(height=560 if len(values) > 12 else "content", border=False, key="features"):
        for i, name in enumerate(spec.features):
            if i % 2 == 0:
                fields = st.columns(2, gap="small", vertical_alignment="bottom", wrap=False)
            st.session_state[f"feature_{i}"] = values[i]
            fields[i % 2].number_input(
                name, key=f"feature_{i}", step=10.0 ** math.floor(math.log10(spec.std[i])), format="%.6g", on_change=_keep,
                args=(index, len(values)), help=f"In the training data from {low[i]:.4g} to {high[i]:.4g}.",
            )
    return torch.tensor([values])


def _changed(index: int, example: list[float]) -> list[float]:
    """What the address says that the person made of the row `index`; the row itself where it says nothing of it."""
    of, _, text = st.query_params.get("values", "").partition(":")
    try:
        values = [float(value) for value in text.split(",")]
    except ValueError:
        return example
    right = of == str(index) and len(values) == len(example) and all(math.isfinite(value) for value in values)
    return values if right else example


def _keep(index: int, count: int) -> None:
    values = [st.session_state[f"feature_{i}"] for i in range(count)]
    st.query_params["values"] = f"{index}:" + ",".join(f"{value:.6g}" for value in values)


def _forget() -> None:
    st.query_params.pop("values", None)


# ---- a point of the plane


def _planes(sides: Sequence[Side], data: Data) -> None:
    question, answers = st.columns([4, 9], gap="large")
    spec, where = sides[0].loaded.spec, boundary.whole(data)
    start = data.test.inputs[0].tolist()
    with question:
        at = tuple(_slider(name, key, value, low, high) for name, key, value, low, high in
                   zip(spec.features, ("first", "second"), start, where[0::2], where[1::2], strict=True))
        row = torch.tensor([at])
        split = address.segments("Points that are drawn", "points", ["Test points", "Training points"])
        if len(sides) == 1:
            _named(sides[0], row)
    drawn = data.test if split == "Test points" else data.train
    points, targets = drawn.inputs[:POINTS], drawn.targets[:POINTS]
    for side, place in zip(sides, _within(answers, sides), strict=True):
        layers = boundary.responses(side.loaded, where, points)
        layer, neuron = _picked(side, layers)
        with place:
            _plane(side, where, points, targets, at, layers, layer, neuron)
            if side.narrow:
                _named(side, row)
        with place if side.narrow else st.container():
            tiled, bent = st.columns(1) * 2 if side.narrow else st.columns([5, 4], gap="large")
            if layers:
                with tiled:
                    _neurons(side, layers, layer, neuron)
            with bent:
                _activation(side, row, layer, neuron)


def _named(side: Side, row: Tensor) -> None:
    """The answer to a point, its chances in the plane's colours."""
    answer = classify.classify(side.loaded, row)
    answer_line(answer)
    colours = [class_colour(i) for i in range(len(answer.classes))]
    chart(probabilities(answer.classes, answer.probabilities, colours), key=f"{side.key}chances",
          height=30 * min(12, len(answer.classes)) + 8, alt=f"Chances; the likeliest is {answer.classes[answer.best]}.")


def _slider(name: str, key: str, value: float, low: float, high: float) -> float:
    """A slider over one of the two features."""
    step = _step(low, high)
    low, high, value = (_rounded(number, step) for number in (low, high, value))
    return address.slider(name, key, value, low, high, step, format="%.6g")


def _step(low: float, high: float) -> float:
    """A hundredth of the range or a little less."""
    return 10.0 ** math.floor(math.log10((high - low) / 100))


def _rounded(number: float, step: float) -> float:
    return round(round(number / step) * step, 10)


def _picked(side: Side, layers: Sequence[Response]) -> tuple[int, int]:
    """The layer and the neuron that the address names, both from 0; at first the strongest of the first layer."""
    if not layers:
        return 0, 0
    names = [f"{number}.{neuron + 1}" for number, layer in enumerate(layers, 1) for neuron in layer.strongest]
    number, neuron = address.choice(f"{side.key}neuron", names).split(".")
    return int(number) - 1, int(neuron) - 1


def _plane(
    side: Side, where: tuple, points: Tensor, targets: Tensor, at: tuple, layers: Sequence[Response], layer: int, neuron: int
) -> None:
    loaded, field = side.loaded, boundary.field(side.loaded, where)
    wrong = boundary.chances(loaded, points).argmax(1) != targets.numpy()
    lines = [line for one in layers[layer].strongest[:LINES] for line in layers[layer].turns(one)] if layers else []
    left, right, bottom, top = where

    def ask(clicked: int | list[int]) -> None:
        if isinstance(clicked, int):
            x, y = points[clicked].tolist()
        else:
            shares = [place / (count - 1) for place, count in zip(clicked, field.chances.shape, strict=False)]
            x, y = left + shares[1] * (right - left), bottom + shares[0] * (top - bottom)
        steps = _step(left, right), _step(bottom, top)
        st.query_params.update(first=str(_rounded(x, steps[0])), second=str(_rounded(y, steps[1])))

    chart(
        plots.plane(where, field.chances, points.numpy(), targets.numpy(), wrong, at, features=loaded.spec.features,
                    classes=loaded.spec.classes, border=field.border, lines=lines,
                    picked=layers[layer].turns(neuron) if layers else [], dark=page.dark()),
        key=f"{side.key}plane", height=400 if side.narrow else 500,
        alt=f"The plane in the colours of the answers, with {len(points)} points of which {int(wrong.sum())} lie on the "
        "wrong side of the border.", on_click=ask,
    )
    words = (f"Click anywhere to ask about that point. {int(wrong.sum())} of {len(points):,} points lie on the wrong side "
             "of the border: they have a thick rim.")
    if layers:
        words += (f" Thin lines: where the neurons of layer {layer + 1} turn"
                  + (f" (the {LINES} strongest)" if len(layers[layer].strongest) > LINES else "")
                  + "; dotted: the neuron picked below.")
    st.caption(words)


def _neurons(side: Side, layers: Sequence[Response], layer: int, neuron: int) -> None:
    st.subheader("What each neuron answers", anchor=False,
                 help="Each small picture is the same plane as one hidden neuron sees it: pale where it is silent. The "
                 "border is made of these. Pick one to see its own line above.")
    key, dark = f"{side.key}neuron", page.dark()
    groups = []
    for number, one in enumerate(layers, 1):
        shown = one.strongest[:TILES]
        note = f"{len(one.strongest)} neurons{f', {one.activation}' if one.activation else ''}"
        note += f", the {TILES} strongest" if len(one.strongest) > TILES else ""
        groups.append(Group(f"Layer {number}", note, [
            Tile(f"{number}.{i + 1}", f"Layer {number}, neuron {i + 1}",
                 coloured(one.answers[i][::-1], dark, _loud(one.answers[i]), signed=bool(one.answers.min() < 0)))
            for i in shown]))
    tiles(groups, f"{layer + 1}.{neuron + 1}", lambda picked: st.query_params.update({key: picked}), key=f"{key}s",
          side=60 if side.narrow else 68)


def _loud(answers: np.ndarray) -> float:
    """The size of answer that takes the full colour: beyond the data a few may grow without limit."""
    sizes = np.abs(answers)
    return float(np.quantile(sizes[sizes > 0], 0.95)) if sizes.any() else 1.0


def _activation(side: Side, row: Tensor, layer: int, neuron: int) -> None:
    """The activation between the layers, with each neuron's sum for the person's point on it."""
    passed = neurons.layers(side.loaded, row)
    if not passed or not passed[layer].path:
        return
    one = passed[layer]
    reach = max(3.0, 1.1 * float(np.abs(one.sums).max()))
    name = f"neuron {neuron + 1} of layer {layer + 1}"
    st.markdown(f"**The activation: {one.activation}**", help="A neuron adds up its inputs, each with its weight; the "
                "activation bends the sum. In training, errors flow back through its slope: where that is 0, the neuron "
                "learns nothing.")
    chart(plots.activation(neurons.curve(side.loaded, one.path, reach), one.sums[0], one.answers[0], neuron, page.dark()),
          key=f"{side.key}activation", height=260,
          alt=f"{one.activation} and its slope, with the sums of {one.sums.shape[1]} neurons for your point.")
    st.caption(f"Dots: the neurons of this layer for your point. Ringed: {name}, which makes "
               f"{one.answers[0, neuron]:.3g} of {one.sums[0, neuron]:.3g}.")
