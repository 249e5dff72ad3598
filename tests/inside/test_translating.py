"""A translation seen from inside: what is written, how sure each piece is, and where it looks."""

import dataclasses

import numpy as np
import pytest

from core.catalog import END
from core.errors import UserError
from core.inside import translating
from core.training.setup import build_model, build_task
from tests.translations import spec


@pytest.fixture(params=["transformer", "rnn-search"])
def translator(untrained, request):
    loaded = untrained("translation", request.param, "multi30k", model={"width": 16})
    model = build_model(loaded.experiment, spec()).eval().requires_grad_(False)
    task = build_task(loaded.experiment, spec(), model)
    return dataclasses.replace(loaded, spec=spec(), model=model, task=task)


def test_it_is_for_translation_alone(translator, untrained):
    assert translating.fits(translator) and not translating.fits(untrained("classification", "lenet", "digits"))


def test_the_best_are_told_in_pieces_with_their_chances(translator):
    found = translating.best(translator, "two men sleep", 3)
    assert len(found) == 3 and len({one.numbers for one in found}) == 3
    for one in found:
        assert len(one.pieces) == len(one.chances) == len(one.numbers)
        assert one.text == translator.task.text(one.numbers)
        assert (one.pieces[-1] == "end") == (one.numbers[-1] == END)


def test_the_chance_of_a_piece_is_read_off_what_the_model_had_in_mind(translator):
    one = translating.best(translator, "two men sleep", 2)[0]
    for place in {0, len(one.numbers) // 2, len(one.numbers) - 1}:
        chances = translating.in_mind(translator, "two men sleep", one, place)
        assert chances.sum() == pytest.approx(1, abs=1e-4)
        assert chances[one.numbers[place]] == pytest.approx(one.chances[place], rel=1e-3)


def test_luck_is_the_seed_s(translator):
    first, again, other = (translating.drawn(translator, "two men sleep", seed, 1.0, 1.0) for seed in (1, 1, 2))
    assert first == again != other


def test_each_map_has_the_piece_that_is_written_in_its_rows(translator):
    one = translating.best(translator, "two men sleep", 1)[0]
    read, written = len(translating.pieces(translator, "two men sleep")), len(one.pieces)
    maps = translating.maps(translator, "two men sleep", one)
    shapes = {translating.ACROSS: (written, read), translating.SOURCE: (read, read), translating.TARGET: (written, written)}
    transformer = translator.experiment.architecture == "transformer"
    assert list(maps) == (list(shapes) if transformer else [translating.ACROSS])
    for what, layers in maps.items():
        assert len(layers) == (3 if transformer else 1)
        for layer in layers:
            assert layer.shape[1:] == shapes[what]
            np.testing.assert_allclose(layer.sum(2), 1, rtol=1e-4)


def test_an_empty_sentence_is_refused(translator):
    with pytest.raises(UserError, match="type a sentence"):
        translating.best(translator, " ", 2)
