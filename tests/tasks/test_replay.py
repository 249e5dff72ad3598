"""The memory of a player: what is drawn is what was played, whatever the frames, the steps and the end of the ring."""

import numpy as np
import pytest
import torch

from core.tasks.replay import Moved, Replay, SumTree

FRAMES, GAMES = 3, 2


def played(replay: Replay, rows: int, length: int = 7, ends: bool = True) -> list[list[tuple]]:
    """Plays episodes of `length` moves, whose frames tell the game, the episode and the move; in every other one the end is
    one for its length alone where not `ends`. Gives of each game its rows: `(episode, move)`, None for one that is over."""
    told: list[list[tuple]] = [[] for _ in range(replay.games)]
    episode, move = np.zeros(GAMES, int), np.array([0, 3])
    first = np.array([0, 3])
    for _ in range(rows):
        seen = np.stack([observation(g, episode[g], move[g], first[g]) for g in range(GAMES)])
        made = move < length
        over = made & (move == length - 1)
        for g in range(GAMES):
            told[g].append((episode[g], move[g], first[g]))
        replay.add(seen, move % 5, Moved(made, np.where(made, 10.0 * episode + move, 0).astype(np.float32), over & ends))
        episode, move, first = np.where(made, episode, episode + 1), np.where(made, move + 1, 0), np.where(made, first, 0)
    return told


def observation(game: int, episode: int, move: int, first: int) -> np.ndarray:
    """Three frames `(3, 4, 4)`: the newest is last, and what was before the first one repeats it."""
    moves = [max(first, move - back) for back in range(FRAMES - 1, -1, -1)]
    return np.stack([np.full((4, 4), 100 * game + 10 * (episode % 10) + at, np.uint8) for at in moves])


@pytest.mark.parametrize("prioritised", [False, True])
@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("ends", [False, True])
def test_what_is_drawn_is_what_was_played(steps: int, prioritised: bool, ends: bool):
    np.random.seed(0)
    replay = Replay(40, GAMES, (FRAMES, 4, 4), np.uint8, frames=FRAMES, steps=steps, discount=0.5, prioritised=prioritised)
    told = played(replay, 95, ends=ends)
    drawn = replay.draw(400)
    places = set()
    for i in range(400):
        row = int(drawn.places[i]) // GAMES
        game = int(drawn.places[i]) % GAMES
        at = max(a for a in range(row, 95, 40))  # the row as counted from the beginning
        episode, move, first = told[game][at]
        assert move < 7 and 95 - 40 + FRAMES - 1 <= at <= 95 - 1 - steps
        last = min(7, move + steps)
        assert np.array_equal(drawn.seen[i], observation(game, episode, move, first))
        assert np.array_equal(drawn.then[i], observation(game, episode, last, first))
        assert drawn.actions[i] == move % 5
        assert drawn.rewards[i] == sum(0.5 ** (m - move) * (10 * episode + m) for m in range(move, last))
        assert drawn.discount[i] == (0 if ends and last == 7 else 0.5 ** (last - move))
        places.add((at, game))
    possible = {(at, g) for g in range(GAMES) for at in range(95 - 40 + FRAMES - 1, 95 - steps) if told[g][at][1] < 7}
    assert places <= possible and len(places) > 0.95 * len(possible)


def test_numbers_are_kept_as_they_are():
    replay = Replay(20, 1, (4,), np.float32)
    rows = np.random.default_rng(0).normal(size=(10, 1, 4)).astype(np.float32)
    for row in rows:
        replay.add(row, np.array([0]), Moved(np.array([True]), np.array([1.0], np.float32), np.array([False])))
    drawn = replay.draw(50)
    assert np.array_equal(drawn.seen, rows[drawn.places, 0]) and np.array_equal(drawn.then, rows[drawn.places + 1, 0])


@pytest.mark.parametrize("prioritised", [False, True])
def test_a_memory_that_was_stored_goes_on_the_same(prioritised: bool):
    def fresh():
        return Replay(40, GAMES, (FRAMES, 4, 4), np.uint8, frames=FRAMES, steps=2, prioritised=prioritised)

    replay, other = fresh(), fresh()
    played(replay, 63)
    if prioritised:
        drawn = replay.draw(8)
        replay.revalue(drawn.places, np.linspace(0, 4, 8))
    other.load_state_dict(replay.state_dict())
    for memory in (replay, other):
        played(memory, 9)
    draws = []
    for memory in (replay, other):
        np.random.seed(1)
        draws.append(memory.draw(64))
    assert all(np.array_equal(*pair) for pair in zip(*draws, strict=True))


def test_priorities_are_drawn_in_proportion_and_weighed_as_in_the_paper():
    np.random.seed(0)
    replay = Replay(10, 1, (1,), np.float32, prioritised=True)
    for i in range(9):
        replay.add(np.full((1, 1), i, np.float32), np.array([0]),
                   Moved(np.array([True]), np.array([0.0], np.float32), np.array([False])))
    replay.revalue(np.arange(8), np.arange(8, dtype=np.float32) ** 2)  # priorities of about 0 to 7
    counts, weights = np.zeros(8), np.zeros(8)
    for _ in range(200):
        drawn = replay.draw(50, exponent=1.0)
        np.add.at(counts, drawn.places, 1)
        weights[drawn.places] = drawn.weights
    assert np.allclose(counts[1:] / counts.sum(), np.arange(1, 8) / 28, atol=0.01)
    assert np.allclose(weights[2:] * np.arange(2, 8), weights[2] * 2, rtol=1e-2)  # (1 / N P)^1 in proportion


def test_a_tree_of_sums_never_draws_what_has_no_weight():
    np.random.seed(0)
    tree = SumTree(13)
    tree.put(np.array([2, 11]), np.array([1.0, 3.0]))
    places, chances = tree.draw(1000)
    assert set(places.tolist()) == {2, 11} and abs((places == 11).mean() - 0.75) < 0.01
    assert np.allclose(chances, np.where(places == 11, 0.75, 0.25))
    assert torch.from_numpy(tree.leaves).sum() == 4
