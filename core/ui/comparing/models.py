"""The models of several runs, asked the same: a whole test set, or one question."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import streamlit as st

from core import catalog
from core.errors import UserError
from core.inside import classify, colouring, latent, mending, restore
from core.inside import testset as verdicts
from core.inside.load import Loaded
from core.plots import inside as plots
from core.plots.confusion import confusion, confusion_difference
from core.tracking import compare, read
from core.ui import address, page
from core.ui.chart import chart
from core.ui.comparing.choice import Choice
from core.ui.inside import testset
from core.ui.inside.loading import loaded
from core.ui.inside.question import ask_large, ask_scaled, ask_small
from core.ui.inside.side import Side, chances
from core.ui.inside.testset import Whole

MOST = 12  # models that are asked at once
USUAL = 4  # of them, before a person has picked any
MATRICES = 6
SHOWN = 320  # pixels of a picture's longer side


def _classifiers(choice: Choice) -> list[str]:
    """Of the chosen runs those that tell the classes of the same data apart, as the first of them does."""
    able = [run for run in choice.runs if _has(run, "logits") and read.checkpoints(run.id)]
    return [run.id for run in able if compare.data_of(run) == compare.data_of(able[0])]


def _has(run: read.Run, method: str) -> bool:
    try:
        return hasattr(catalog.get("task", run.params.get("task", "")), method)
    except UserError:
        return False


def _side(run_id: str, key: str) -> Side:
    return Side(f"{key}{run_id[:8]}_", loaded(run_id, max(read.checkpoints(run_id), default=-1), True), narrow=True)


def _asked(ids: Sequence[str], key: str) -> list[Whole] | None:
    """What the models make of the data that all are asked; None, and a sentence to the person, where those differ."""
    wholes = [testset.asked(_side(run_id, key)) for run_id in ids]
    if testset.asked_the_same(wholes):
        return wholes
    st.caption("These models are not asked the same examples, so their answers can't be held against one another.")
    return None


def _few(ids: Sequence[str]) -> bool:
    if len(ids) < 2:
        st.caption("Choose two runs that tell the classes of the same data apart, and that have kept a checkpoint.")
    return len(ids) < 2


def confusions(choice: Choice, key: str) -> None:
    ids = _classifiers(choice)
    if _few(ids):
        return
    picked = address.several("Models", f"{key}models", ids, ids[:2], max_selections=MATRICES, format_func=choice.names.get)
    if len(picked) < 2:
        st.caption("Pick at least two models.")
        return
    if (wholes := _asked(picked, key)) is None:
        return
    classes, first = wholes[0].verdicts.classes, wholes[0]
    height = min(620, max(340, 26 * len(classes) + 90))
    with _grid(f"{key}matrices"):
        for run_id, whole in zip(picked, wholes, strict=True):
            with _card(choice, run_id, 420):
                st.caption(f"{100 * whole.verdicts.accuracy:.2f} % of the {whole.name} split named rightly")
                chart(confusion(whole.verdicts.confusion, classes), key=f"{whole.side.key}matrix", height=height,
                      alt=f"Confusion matrix of {choice.names[run_id]}.")
        for run_id, whole in zip(picked[1:], wholes[1:], strict=True):
            with st.container(width=420, border=True):
                st.markdown("**The difference**")
                one, other = (page.plain(choice.names[which]) for which in (run_id, picked[0]))
                st.caption(f"{one} less {other}, in per cent of each true class: blue where there are more.")
                chart(confusion_difference(first.verdicts.confusion, whole.verdicts.confusion, classes, page.dark()),
                      key=f"{whole.side.key}difference", height=height,
                      alt=f"Confusion matrix of {choice.names[run_id]} less that of {choice.names[picked[0]]}.")


def disagreements(choice: Choice, key: str) -> None:
    ids = _classifiers(choice)
    if _few(ids):
        return
    with st.container(horizontal=True, gap="medium"):
        first = address.select("One model", f"{key}one", ids, format_func=choice.names.get)
        others = [run_id for run_id in ids if run_id != first]
        second = address.select("The other", f"{key}other", others, format_func=choice.names.get)
    if (wholes := _asked([first, second], key)) is None:
        return
    found = verdicts.disagreement(*(whole.verdicts for whole in wholes))
    st.markdown(testset.against(found, wholes[0].noun(len(wholes[0].split))),
                help="McNemar's exact test, the interval of Agresti and Min 2005, and a paired bootstrap over the examples "
                "(Koehn 2004). It is about these two trained models.")
    for run_id, whole, alone, place in zip((first, second), wholes, found.alone, st.columns(2, gap="large"), strict=True):
        with place:
            _heading(choice, run_id)
            st.markdown(f"**{len(alone):,}** that this model alone names rightly:")
            testset.wall(whole, alone)


def answers(choice: Choice, key: str) -> None:
    able = [run for run in choice.runs if read.checkpoints(run.id)]
    alike = [run.id for run in able if run.params.get("task") == able[0].params.get("task")]
    if not alike:
        st.caption("None of these runs has kept a checkpoint yet.")
        return
    picked = address.several("Models", f"{key}models", alike, alike[:USUAL], max_selections=MOST,
                             format_func=choice.names.get)
    if not picked:
        st.caption("Pick a model to ask.")
        return
    sides = [_side(run_id, key) for run_id in picked]
    show = next((show for fits, show in KINDS if all(fits(side.loaded) for side in sides)), None)
    if show is None:
        st.caption("These models answer no question about pictures. The Inside page asks one or two of them what they can "
                   "be asked.")
        return
    question, replies = st.columns([2, 5], gap="large")
    with question:
        answer = show(sides, key)
    with replies:
        if answer is None:
            st.info("The answers appear here, side by side. They start with your picture.", icon=":material/draw:")
            return
        with _grid(f"{key}answers"):
            for run_id, side in zip(picked, sides, strict=True):
                with _card(choice, run_id, 260):
                    answer(side)


Answer = Callable[[Side], None]  # draws what one model says


def _named(sides: Sequence[Side], key: str) -> Answer | None:
    picture = ask_small(sides[0].loaded, key)

    def answer(side: Side) -> None:
        found = classify.classify(side.loaded, picture(side.loaded))
        sure = float(found.probabilities[found.best])
        st.markdown(f"**{page.plain(found.classes[found.best])}**, {100 * sure:.1f} %")
        chances(side, found, row=22)

    return picture and answer


def _cleaned(sides: Sequence[Side], key: str) -> Answer | None:
    picture = ask_large(sides[0].loaded)
    if picture is None:
        return None
    noise, usual = restore.usual_noise(sides[0].loaded)
    sigma, seed = usual, 0
    if noise is not None:
        sigma = address.slider("Strength of the noise", f"{key}sigma", usual, 0.0, 1.0, 0.002, format="%.3f")
        seed = address.number_field("Seed of the noise", f"{key}seed", 0, 999_999)
        noisy = restore.restore(sides[0].loaded, picture, noise, sigma, seed).noisy
        st.image(plots.enlarged(np.clip(noisy, 0, 1), SHOWN), caption="What all are given", width="stretch")

    def answer(side: Side) -> None:
        found = restore.restore(side.loaded, picture, noise, sigma, seed)
        _picture(found.cleaned)
        if found.psnr:
            st.caption(f"PSNR {found.psnr[1]:.2f} dB, SSIM {found.ssim[1]:.3f}; noisy {found.psnr[0]:.2f} dB")

    return answer


def _filled(sides: Sequence[Side], key: str) -> Answer | None:
    picture = ask_scaled(sides[0].loaded)
    if picture is None:
        return None
    seen = mending.by_chance(sides[0].loaded, picture, address.number_field("Seed of the hole", f"{key}seed", 0, 999_999))
    st.image(plots.enlarged((picture * seen)[0].permute(1, 2, 0).numpy(), SHOWN), caption="What all are given",
             width="stretch")

    def answer(side: Side) -> None:
        found = mending.fill(side.loaded, picture, seen)
        _picture(found.filled)
        st.caption(f"Hole PSNR {found.likeness.hole_psnr:.2f} dB, SSIM {found.likeness.ssim:.3f}")

    return answer


def _coloured(sides: Sequence[Side], key: str) -> Answer | None:
    picture = ask_large(sides[0].loaded)

    def answer(side: Side) -> None:
        _picture(colouring.colour(side.loaded, picture, max(side.loaded.spec.shape[1:])).coloured)

    return None if picture is None else answer


def _drawn(sides: Sequence[Side], key: str) -> Answer:
    seed = address.number_field("Seed of the noise", f"{key}seed", 0, 999_999)
    st.caption("Each model draws its own picture of the same noise.")

    def answer(side: Side) -> None:
        _picture(latent.pictures(side.loaded, latent.noise(side.loaded, seed))[0])

    return answer


KINDS: tuple[tuple[Callable[[Loaded], bool], Callable[[Sequence[Side], str], Answer | None]], ...] = (
    (classify.fits, _named), (restore.fits, _cleaned), (mending.fits, _filled), (colouring.fits, _coloured),
    (latent.fits, _drawn),
)


def _picture(picture: np.ndarray) -> None:
    shown = picture if picture.dtype == np.uint8 else np.clip(picture, 0, 1)
    st.image(plots.enlarged(shown, SHOWN), width="stretch")


@contextmanager
def _grid(key: str) -> Iterator[None]:
    """Cards side by side, as many in a row as there is room for."""
    with st.container(horizontal=True, gap="medium", key=key):
        yield


@contextmanager
def _card(choice: Choice, run_id: str, width: int) -> Iterator[None]:
    with st.container(width=width, border=True):
        _heading(choice, run_id)
        yield


def _heading(choice: Choice, run_id: str) -> None:
    pen = choice.pens[run_id]["color"]
    st.html(f"<div style='font-weight:600;line-height:1.3'><span style='color:{pen}'>&#9632;</span> "
            f"{html.escape(choice.names[run_id])}</div>")
