"""The sentences on mode collapse and on a discriminator that has won."""

from __future__ import annotations

import numpy as np
import pytest

from core.tracking import forging
from core.tracking.forging import Game
from core.tracking.read import History

LOOKS = np.arange(1, 17)


def history(values) -> History:
    found = np.broadcast_to(np.asarray(values, float), LOOKS.shape)
    return History(100 * LOOKS, found, 0.0 * found, len(found))


def game(diversity=0.9, precision=0.6, recall=0.4, scores=(0.6, 0.4)) -> Game:
    return Game(history(diversity), history(precision), history(recall), scores and tuple(map(history, scores)))


def test_pictures_that_all_look_alike_are_a_collapse_and_the_best_step_is_named():
    (said,) = forging.warnings(game(diversity=np.where(LOOKS == 5, 0.9, np.linspace(0.8, 0.1, 16))))
    assert said.startswith("Mode collapse: two generated pictures differ by only 12 %")
    assert "after 90 % at step 500" in said


def test_what_was_never_varied_names_no_better_step():
    assert "after" not in forging.warnings(game(diversity=0.3))[0]


def test_good_pictures_that_leave_most_real_ones_out_are_a_collapse():
    assert "only 1 % of the real ones" in forging.warnings(game(recall=0.01))[0]
    assert forging.warnings(game(recall=0.01, precision=0.1)) == []  # they don't look real: it has not learned yet


@pytest.mark.parametrize(("scores", "won"), [
    ((0.97, 0.02), True), ((0.97, 0.2), False), ((0.8, 0.02), False), (None, False),
])
def test_a_discriminator_that_is_sure_of_both_has_won(scores, won):
    assert [said.startswith("The discriminator has won") for said in forging.warnings(game(scores=scores))] == [True] * won


def test_both_can_be_wrong_at_once_and_nothing_is_said_too_early():
    wrong = game(diversity=0.1, scores=(1, 0))
    assert len(forging.warnings(wrong)) == 2
    early = Game(*(History(each.steps[:3], each.values[:3], each.times[:3], 3)
                   for each in (wrong.diversity, wrong.precision, wrong.recall)), wrong.scores)
    assert forging.warnings(early) == [] and "Too early" in forging.calm(early)


def test_where_all_is_well_the_figures_are_said():
    assert forging.calm(game()) == (
        "Generator and discriminator keep each other busy: real pictures score 60 %, generated ones 40 %; two generated "
        "pictures differ by 90 % of what two real ones do."
    )
    assert forging.calm(game(scores=None)).startswith("No mode collapse to see")
