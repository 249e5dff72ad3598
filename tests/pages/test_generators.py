"""Generators on the pages, under AppTest."""

from __future__ import annotations

import time

import numpy as np
import pytest
from mlflow.entities import Metric

from core.experiment import Experiment
from core.inside import pictures
from core.jobs import queue
from core.tracking import store, write
from tests.pages.driving import address_of, opened, ran, words
from tests.pages.test_inside import kept


def logged(scores: tuple[float, float], **features: float) -> str:
    """A finished run of a generator with these measures, the same at each of five looks."""
    run_id, = queue.submit(Experiment.make("adversarial", "dcgan", "faces"))
    client, at = store.client(), int(1000 * time.time())
    client.update_run(run_id, status="RUNNING")
    measured = {f"validation/{name}_random": value for name, value in features.items()}
    measured |= dict(zip(("train/score_real", "train/score_fake"), scores, strict=True))
    client.log_batch(run_id, metrics=[Metric(name, value, at + i, 10 * i) for name, value in measured.items()
                                      for i in range(1, 6)])
    write.finish(run_id, "FINISHED")
    return run_id


@pytest.mark.parametrize(("scores", "diversity", "said"), [
    ((0.99, 0.01), 0.2, ["Mode collapse", "The discriminator has won"]), ((0.6, 0.4), 0.9, []),
])
def test_a_run_that_goes_wrong_is_warned_of_beside_its_curves(scores, diversity, said):
    page = opened("runs", run=logged(scores, diversity=diversity, precision=0.5, recall=0.5))
    assert [sentence for sentence in said if any(shown.value.startswith(sentence) for shown in page.warning)] == said
    assert bool(page.warning) == bool(said)
    assert ("keep each other busy" in words(page)) != bool(said)


@pytest.fixture
def gan() -> str:
    return kept("adversarial", "dcgan", "faces", model={"width": 4})


def test_the_gallery_shows_runs_side_by_side_from_one_noise(gan):
    other = kept("adversarial", "wgan-gp", "faces", model={"width": 4})
    page = opened("inside", run=gan, view="Gallery", first="7")
    assert page.number_input("first").value == 7
    page.multiselect("beside").set_value([other])
    ran(page)
    assert address_of(page)["beside"] == other
    assert not page.error


def test_pictures_are_added_and_taken_away_by_their_seeds(gan):
    page = opened("inside", run=gan, view="Arithmetic", a="1,2,x", b="4", c="9")
    said = words(page)
    assert "**A**: the mean of 2" in said and "**− B**: the mean of 1" in said and "**+ C**" in said
    page.button[[button.label for button in page.button].index("Start again")].click()
    ran(page)
    assert "a" not in address_of(page) and "here their sum appears" in words(page)


def test_two_knobs_make_a_map(gan):
    page = opened("inside", run=gan, view="Latent space", across="Knob 3", plane_row="0")
    assert page.selectbox("across").value == "Knob 3" and page.selectbox("down").value == "Knob 2"


def test_a_class_is_picked_where_pictures_are_made_by_class():
    run_id = kept("adversarial", "conditional-gan", "sklearn-digits", model={"width": 4})
    page = opened("inside", run=run_id, view="Gallery")
    page.selectbox("class").set_value("3")
    ran(page)
    assert address_of(page)["class"] == "3"
    for view in ("Latent space", "Arithmetic", "Discriminator"):
        assert opened("inside", run=run_id, view=view, **{"class": "3", "a": "1"}).selectbox("class").value == "3"


def test_a_person_s_picture_is_sought_and_judged(gan):
    mine = pictures.keep(np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8))
    asked = {"run": gan, "input": "Upload", "picture": mine}
    assert "Drawn: " in words(opened("inside", view="Your picture", **asked))
    page = opened("inside", view="Discriminator", whose="Real or your own", **asked)
    assert page.metric[0].label == "The chance that it is real"
    for way, said in (("Grad-CAM", "as this layer sees it"), ("Slope", "would move its answer")):
        assert said in words(opened("inside", view="Discriminator", seed="3", way=way, run=gan))


def test_a_critic_gives_marks_and_a_dense_one_has_no_maps():
    wgan = kept("adversarial", "wgan-gp", "sklearn-digits", model={"width": 4})
    assert opened("inside", run=wgan, view="Discriminator").metric[0].label == "Its mark"
    dense = kept("adversarial", "gan", "sklearn-digits", model={"width": 10})
    assert "no maps to look at" in words(opened("inside", run=dense, view="Discriminator"))
    opened("inside", run=dense, view="Latent space")
