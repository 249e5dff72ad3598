"""Games: the same seed and moves are the same game, and each shows what its spec says."""

import numpy as np
import pytest

from core import catalog
from core.datasets.games import Episodes, Game
from core.experiment import Experiment

GAMES = [name for name, cls in catalog.entries("dataset").items() if cls(cls.Settings()).spec().kind == "games"]


def played(game: Game, seed: int, moves: int, actions: int) -> list[tuple]:
    draw = np.random.default_rng(0)
    seen = [(game.begin(seed), 0.0, False, False)]
    while len(seen) < moves and not seen[-1][3]:
        seen.append(game.move(int(draw.integers(actions))))
    return seen


@pytest.mark.parametrize("name", GAMES)
def test_a_game_is_as_its_spec_says_and_can_be_taken_up_again(name):
    spec = catalog.get("dataset", name)(catalog.get("dataset", name).Settings()).spec()
    game, other = Game(spec.game), Game(spec.game)
    first = played(game, 5, 40, len(spec.actions))
    played(other, 6, 20, len(spec.actions))  # another episode before leaves no trace
    again = played(other, 5, 40, len(spec.actions))
    assert first[0][0].shape == spec.shape and first[0][0].dtype in (np.float32, np.uint8)
    assert all(np.array_equal(a[0], b[0]) and a[1:] == b[1:] for a, b in zip(first, again, strict=True))
    third = Game(spec.game)
    assert np.array_equal(third.load_state_dict(game.state_dict()), first[-1][0])
    if not first[-1][3]:
        assert np.array_equal(third.move(1)[0], game.move(1)[0])
    assert game.screen().dtype == np.uint8 and game.screen().ndim == 3


def test_test_validation_and_training_episodes_are_others():
    experiment = Experiment.make("q_learning", "q-network", "cart-pole")
    data = catalog.get("dataset", "cart-pole")(experiment.data).load()
    seeds = [set(split.seeds) for split in (data.train, data.validation, data.test)]
    assert not (seeds[0] & seeds[1] or seeds[0] & seeds[2] or seeds[1] & seeds[2])
    assert isinstance(data.train, Episodes) and len(data.train) == 2000 and len(data.test) == 100


def test_minatar_plays_as_its_own_package_does():
    """Against `minatar.Environment`, which opens seaborn, so that nothing else here imports it."""
    minatar = pytest.importorskip("minatar")
    for name in ("breakout", "space_invaders"):
        theirs = minatar.Environment(name, sticky_action_prob=0.1)
        theirs.seed(3)
        theirs.reset()
        mine = Game(f"MinAtar/{name}")
        seen = mine.begin(3)
        draw = np.random.default_rng(1)
        over = False
        while not over:
            assert np.array_equal(theirs.state().transpose(2, 0, 1), seen)
            action = int(draw.integers(len(theirs.minimal_action_set())))
            reward, ended = theirs.act(theirs.minimal_action_set()[action])
            seen, mine_reward, mine_ended, over = mine.move(action)
            assert (reward, ended) == (mine_reward, mine_ended)
