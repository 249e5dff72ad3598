"""A whole split at once: where each layer puts the examples, what is confused with what, whether the model can be taken
at its word, and its mistakes. Each part is computed only once it is asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.datasets.base import Split
from core.inside import listening, representation, testset
from core.inside.load import Loaded
from core.inside.testset import Verdicts
from core.plots import inside as pictures
from core.plots import testset as plots
from core.tracking import read, significance
from core.ui import address, page
from core.ui.chart import Sheet, chart
from core.ui.inside.question import held_out
from core.ui.inside.side import Side, places
from core.ui.tiles import Group, Tile, tiles

SHOWN = 60  # examples of a wall
METHODS = {
    "PCA": "Principal components: the two directions in which the layer's numbers differ most (Pearson 1901). Distances are "
    "true as far as the share below says.",
    "t-SNE": "Keeps neighbours together (van der Maaten and Hinton 2008). Who is near whom means something; how far apart "
    "groups are, and how large they look, does not.",
}

DIFFER = "Where they differ"

TITLE = "Whole test set"
fits = testset.fits


@dataclass(frozen=True)
class Whole:
    """What a model makes of the split called `name`."""

    side: Side
    name: str
    split: Split
    verdicts: Verdicts

    @property
    def loaded(self) -> Loaded:
        return self.side.loaded

    @property
    def address_key(self) -> str:
        """Under it the address holds the number of the example that is shown large."""
        return f"{self.side.key}example"

    def noun(self, count: int) -> str:
        return testset.noun(self.loaded.spec, count)


def show(sides: Sequence[Side]) -> None:
    wholes = [asked(side) for side in sides]
    differ = asked_the_same(wholes)
    chosen = address.segments("What is shown of all", "whole", [*VIEWS, *[DIFFER] * differ])
    if differ:
        found = testset.disagreement(*(whole.verdicts for whole in wholes))
        st.markdown(against(found, wholes[0].noun(len(wholes[0].split))),
                    help="McNemar's exact test, the interval of Agresti and Min 2005, and a paired bootstrap over the "
                    "examples (Koehn 2004). It is about these two trained models: whether one kind of model is better than "
                    "another, several seeds of each say, on the Compare page.")
    for whole, place in zip(wholes, places(sides), strict=True):
        with place:
            st.markdown(f"{whole.noun(len(whole.split))} of the {whole.name} split, "
                        f"{100 * whole.verdicts.accuracy:.2f} % named rightly.",
                        help="Data that the model was not trained on: the test split, or the validation split while it "
                        "still trains. Who picks a model by its test figures makes them too good: pick by the validation's.")
            if chosen == DIFFER:
                alone = found.alone[wholes.index(whole)]
                st.markdown(f"**{len(alone):,}** that this model alone names rightly:")
                wall(whole, alone)
            else:
                VIEWS[chosen](whole)


def asked(side: Side) -> Whole:
    # Not what was loaded with the model: it may have ended since.
    name = "validation" if read.run(side.loaded.run.id).state == "RUNNING" else "test"
    split = held_out(side.loaded)[name]
    return Whole(side, name, split, _verdicts(side.loaded.run.id, side.loaded.step, name, side.loaded, split))


def asked_the_same(wholes: Sequence[Whole]) -> bool:
    """Whether there are several models, and all are asked the same examples."""
    first, *others = wholes
    return bool(others) and all(
        (other.loaded.experiment.dataset, other.name, len(other.split), other.verdicts.classes)
        == (first.loaded.experiment.dataset, first.name, len(first.split), first.verdicts.classes)
        and bool((other.verdicts.targets == first.verdicts.targets).all()) for other in others
    )


def against(found: testset.Disagreement, examples: str) -> str:
    """Which of two models is ahead, and whether by more than chance, in a sentence."""
    mine, its = map(len, found.alone)
    told = f"Of {examples} the first model alone names {mine:,} rightly, the second alone {its:,}"
    if not mine + its:
        return told + ": there is no difference."
    sign = 1 if found.gap >= 0 else -1
    (low, high), (lower, higher) = (sorted(100 * sign * end for end in ends)
                                    for ends in ((found.low, found.high), found.resampled))
    ahead = "They are level" if not found.gap else f"The {'first' if sign > 0 else 'second'} is ahead by " \
        f"{100 * abs(found.gap):.2f} percentage points"
    sure = "more than chance explains" if found.p < significance.SURE else "chance can't be excluded"
    return (f"{told}. {ahead} (95 % interval {low:.2f} to {high:.2f}, by a bootstrap {lower:.2f} to {higher:.2f}; "
            f"p = {found.p:.2g}): **{sure}**.")


def _beside(side: Side, widths: Sequence[int]) -> list[DeltaGenerator]:
    """Places side by side; below one another where the model has only half of the page."""
    return [st.container() for _ in widths] if side.narrow else list(st.columns(widths, gap="large"))


@st.cache_resource(max_entries=8, ttl=3600, show_spinner="Asking the model about the whole split …", show_time=True)
def _verdicts(run_id: str, step: int, name: str, _loaded: Loaded, _split: Split) -> Verdicts:
    return testset.ask(_loaded, _split)


@st.cache_resource(max_entries=64, ttl=3600, show_spinner="Laying the layer out in two dimensions …", show_time=True)
def _layout(
    run_id: str, step: int, name: str, layer: str, method: representation.Method, _loaded: Loaded, _split: Split
) -> representation.Layout:
    return representation.layout(_loaded, _split, layer, method)


@st.cache_resource(max_entries=4, ttl=3600, show_spinner=False)
def _sheet(dataset: str, data: str, name: str, columns: int, _whole: Whole, _index: list[int]) -> Sheet | None:
    if (images := testset.pictured(_whole.loaded.spec, _whole.split, _index)) is None:
        return None
    image, size = plots.thumbnails(images, columns)
    return Sheet(image, columns, size)


# ---- where each layer puts the examples


def _layers(whole: Whole) -> None:
    side, verdicts = whole.side, whole.verdicts
    names = representation.layer_names(whole.loaded, whole.split)
    plane, beside = _beside(side, [3, 2])
    with beside:
        first, second = st.columns(2, vertical_alignment="bottom")
        with first:
            layer = address.select("Layer", f"{side.key}of_layer", names, representation.LOGITS, format_func=str.capitalize)
        with second:
            method = address.segments("How it is laid out", f"{side.key}method", list(METHODS))
    found = _layout(whole.loaded.run.id, whole.loaded.step, whole.name, layer, method, whole.loaded, whole.split)
    index = found.index.tolist()
    with beside:
        size = "×".join(map(str, found.shape))
        few = " (spread evenly over the split)" if len(index) < len(whole.split) else ""
        st.caption(f"{whole.noun(len(index))}{few}; the layer makes {size} numbers of each. {METHODS[method]}")
        shown = f"The plane shows {100 * found.share:.0f} % of their variance. " if found.share is not None else ""
        near = min(representation.NEIGHBOURS, len(index) - 1)
        st.markdown(f"{shown}Of the {near} nearest neighbours **in the layer itself**, {100 * found.alike:.0f} % are of the "
                    f"same class.")
        picked = address.number_field("Example", whole.address_key, index[0], len(whole.split) - 1,
                                      help="Click on a point, or type its number among the split.")
        _single(whole, picked)
    with plane:
        experiment = whole.loaded.experiment
        sheet = _sheet(experiment.dataset, experiment.data.model_dump_json(), whole.name, math.ceil(len(index) ** 0.5),
                       whole, index)
        words = [verdicts.told(i) if sheet else f"{verdicts.told(i)}<br>{_folded(whole, i)}" for i in index]
        figure = plots.plane(
            found.points, verdicts.targets[index].numpy(), verdicts.guesses[index].numpy(), verdicts.classes, words,
            index.index(picked) if picked in index else -1, page.dark(), sheet is not None,
        )

        def pick(number: int) -> None:
            st.query_params[whole.address_key] = str(index[number])

        # A chart of its own for each layer: what was zoomed into in one is somewhere else in another.
        chart(figure, key=f"{side.key}plane {layer} {method}", height=560, on_click=pick, sheet=sheet,
              alt=f"{len(index)} examples as {layer} has them, in two dimensions, coloured by class.")
        st.caption("Point at one to see it, click to keep it. A rim marks what the model answers wrongly.")


def _folded(whole: Whole, index: int) -> str:
    """An example under Plotly's own pointer, in lines of some ten words; only sentences can be read there."""
    if whole.loaded.spec.kind != "sentences":
        return f"example {index}"
    words = testset.sentence(whole.split.inputs[index], whole.loaded.spec).split()
    return "<br>".join(" ".join(words[i : i + 10]).replace("<", "&lt;") for i in range(0, len(words), 10))


# ---- what is confused with what


def _confusion(whole: Whole) -> None:
    side, verdicts, classes = whole.side, whole.verdicts, whole.verdicts.classes
    keys = f"{side.key}true", f"{side.key}guess"
    usual = testset.commonest(verdicts.confusion)

    def keep(*cell: str) -> None:
        st.query_params.update(dict(zip(keys, cell, strict=True)))
        st.query_params.pop(whole.address_key, None)  # the surest comes first

    def picked() -> None:
        keep(*(st.session_state[key] for key in keys))

    matrix, beside = _beside(side, [4, 5])
    with beside:
        chosen = []
        for place, label, key, default in zip(st.columns(2), ("It is", "The model says"), keys, usual, strict=True):
            with place:
                name = address.select(label, key, classes, classes[default], on_change=picked, args=())
                chosen.append(classes.index(name))
        true, guess = chosen
        behind = testset.behind(verdicts, true, guess)
        of = int(verdicts.confusion[true].sum())
        st.markdown(f"**{len(behind):,}** of {of:,} “{classes[true]}” "
                    + ("named rightly." if true == guess else f"taken for “{classes[guess]}”."))
        wall(whole, behind)
    with matrix:
        chart(plots.confusion_with(verdicts.confusion, classes, true, guess), key=f"{side.key}confusion",
              height=min(680, max(380, 30 * len(classes) + 90)), alt="Confusion matrix: true classes by answers.",
              on_click=lambda cell: keep(*(classes[i] for i in cell)))
        st.caption("Click on a cell to see what is behind it.")


# ---- whether it can be taken at its word


def _calibration(whole: Whole) -> None:
    found, side = whole.verdicts.reliability, whole.side
    diagram, beside = _beside(side, [3, 2])
    with diagram:
        chart(plots.reliability(*(part.numpy() for part in found), side.colour), key=f"{side.key}reliability", height=460,
              alt="Reliability diagram: how often answers are right, by how sure they are.")
    with beside:
        st.metric("Expected calibration error", f"{100 * found.error:.2f} %", help="By how much the chance of an answer and "
                  f"the share that is right differ, on the mean over all answers in {len(found.count)} bins (Guo et al. "
                  "2017, “On calibration of modern neural networks”). Over few answers chance alone makes it some per cent.")
        st.markdown(f"**{testset.at_its_word(found)}**")
        sure = 100 * whole.verdicts.chances.max(1).values.mean().item()
        st.markdown(f"On the mean it is {sure:.1f} % sure, and right {100 * whole.verdicts.accuracy:.1f} % of the time.")
        st.caption("Bars below the dashed line: too sure of itself. Bars above it: too modest. Where few answers lie, a "
                   "bar is mostly chance.")


# ---- mistakes


def _mistakes(whole: Whole) -> None:
    orders = ["The worst", "The least sure"]
    order = address.segments("Which mistakes come first", f"{whole.side.key}order", orders)
    found = testset.mistakes(whole.verdicts, worst=order == orders[0])
    st.caption("Mistakes that gave the true class the smallest chance." if order == orders[0] else
               "Mistakes that hardly preferred their answer to others.")
    if not found:
        st.success("It makes no mistake here.", icon=":material/check:")
        return
    wall(whole, found)


# ---- examples


def wall(whole: Whole, index: list[int]) -> None:
    """Examples to pick from, and the picked one large."""
    if not index:
        st.caption("There are none.")
        return
    verdicts, key = whole.verdicts, whole.address_key
    shown = index[:SHOWN]
    picked = address.whole(key, shown[0], 0, len(whole.split) - 1)
    picked = picked if picked in shown else shown[0]
    large, small = _beside(whole.side, [2, 3])
    with large:
        _single(whole, picked)
    with small, st.container(height=460, border=False):
        if (images := testset.pictured(whole.loaded.spec, whole.split, shown)) is not None:
            drawn = [pictures.picture(image.permute(1, 2, 0).numpy()) for image in images]
            tiles([Group("", "", [Tile(str(i), verdicts.told(i), image) for i, image in zip(shown, drawn, strict=True)])],
                  str(picked), lambda name: st.query_params.update({key: name}), key=f"{whole.side.key}wall", side=84,
                  worded=True)
        else:
            _rows(whole, shown)
        if len(index) > SHOWN:
            st.caption(f"The first {SHOWN} of {len(index):,}.")


def _rows(whole: Whole, shown: list[int]) -> None:
    """What is no picture, in rows to pick from."""
    verdicts, spec = whole.verdicts, whole.loaded.spec
    key = f"{whole.side.key}rows {' '.join(map(str, shown[:3]))}"  # rows are told by number

    def pick() -> None:
        if rows := st.session_state[key].selection.rows:
            st.query_params[whole.address_key] = str(shown[rows[0]])

    named = {"Sentence": [testset.sentence(whole.split.inputs[i], spec) for i in shown]} if spec.kind == "sentences" else {
        "Example": shown}
    st.dataframe(pd.DataFrame({
        "It is": [verdicts.classes[verdicts.targets[i]] for i in shown],
        "Answer": [verdicts.classes[verdicts.guesses[i]] for i in shown],
        "Chance": [100 * verdicts.chance(i) for i in shown],
    } | named), hide_index=True, key=key, on_select=pick, selection_mode="single-row", height="content",
        column_config={"Chance": st.column_config.NumberColumn(format="%.1f %%", width="small")})


def _single(whole: Whole, index: int) -> None:
    """One example large: its true class, the answer and all chances, and the way to what happens in the model."""
    verdicts, side, spec = whole.verdicts, whole.side, whole.loaded.spec
    true, guess = verdicts.classes[verdicts.targets[index]], verdicts.classes[verdicts.guesses[index]]
    there = {}
    image = testset.pictured(spec, whole.split, [index])
    with st.container(border=True):
        if image is not None:
            st.image(pictures.enlarged(pictures.pixels(image), 192), width=192)
            there = {"view": "One picture", "input": "From the data", "split": whole.name, "index": str(index)}
        elif spec.kind == "sounds":
            sound = listening.of_data(whole.split.inputs[index], spec)
            st.audio(sound.samples, sample_rate=sound.rate)
            there = {"view": "One recording", "input": "From the data", "split": whole.name, "index": str(index)}
        elif spec.kind == "sentences":
            text = testset.sentence(whole.split.inputs[index], spec)
            st.markdown("“" + text.translate({ord(sign): "\\" + sign for sign in r"\`*_[]$:<"}) + "”")
            there = {"view": "One sentence", "text": text}
        verdict = ":green[:material/check:]" if true == guess else ":red[:material/close:]"
        given = 100 * verdicts.chances[index, verdicts.targets[index]].item()
        st.markdown(f"It is **{true}**. The model says **{guess}** {verdict} and gives it "
                    f"{100 * verdicts.chance(index):.1f} %" + ("." if true == guess else f", and {given:.1f} % to {true}."))
        if not side.narrow:
            rows = min(6, len(verdicts.classes))
            bars = pictures.probabilities(verdicts.classes, verdicts.chances[index].numpy(), side.colour, rows)
            chart(bars, height=26 * rows, key="example_chances", alt="The likeliest classes of this example.")
        if there and not side.key:  # the question is the first model's
            st.button("Look into it", icon=":material/visibility:", on_click=st.query_params.update, args=(there,),
                      help="Asks the model this, and shows what happens in it on the way to its answer.")


VIEWS = {"Confusion": _confusion, "Mistakes": _mistakes, "Layers": _layers, "Calibration": _calibration}
