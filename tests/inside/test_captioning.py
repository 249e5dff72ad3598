"""A caption seen from inside: what is written, how sure each piece is, and where it looks."""

import dataclasses

import pytest

from core.catalog import END
from core.inside import captioning
from core.training.setup import build_model, build_task
from tests.captions import data, split_of

NAMES = ("show-tell", "show-attend-tell", "caption-transformer")


@pytest.fixture(params=NAMES)
def captioner(untrained, request):
    loaded = untrained("captioning", request.param, "captions", model={"width": 16, "channels": 4})
    spec = data().spec
    model = build_model(loaded.experiment, spec).eval().requires_grad_(False)
    return dataclasses.replace(loaded, spec=spec, model=model, task=build_task(loaded.experiment, spec, model))


@pytest.fixture
def image():
    return split_of(1).inputs


def test_it_is_for_captioning_alone(captioner, untrained):
    assert captioning.fits(captioner) and not captioning.fits(untrained("classification", "lenet", "digits"))


def test_the_best_are_told_in_pieces_with_their_chances(captioner, image):
    found = captioning.best(captioner, image, 3)
    assert len(found) == 3 and len({one.numbers for one in found}) == 3
    for one in found:
        assert len(one.pieces) == len(one.chances) == len(one.numbers)
        assert one.text == captioner.task.text(one.numbers)
        assert (one.pieces[-1] == "end") == (one.numbers[-1] == END)


def test_the_chance_of_a_piece_is_read_off_what_the_model_had_in_mind(captioner, image):
    one = captioning.best(captioner, image, 2)[0]
    for place in {0, len(one.numbers) // 2, len(one.numbers) - 1}:
        chances = captioning.in_mind(captioner, image, one, place)
        assert chances.sum() == pytest.approx(1, abs=1e-4)
        assert chances[one.numbers[place]] == pytest.approx(one.chances[place], rel=1e-3)


def test_each_piece_has_looked_somewhere_unless_the_model_has_no_attention(captioner, image):
    one = captioning.best(captioner, image, 1)[0]
    looks = captioning.looks(captioner, image, one)
    if captioner.experiment.architecture == "show-tell":
        assert looks is None
    else:
        assert looks.shape == (len(one.pieces), *captioner.model.grid)
        assert looks.sum((1, 2)).tolist() == pytest.approx([1] * len(one.pieces), abs=1e-4)
