"""What a player remembers, to learn from again: experience replay (Mnih et al. 2015), its draws by priority (Schaul et al.
2016, "Prioritized experience replay", section 3.3 and appendix B.2.1) and returns over several moves (Sutton 1988)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch

POWER, FLOOR = 0.5, 1e-3  # a priority is (error + floor) to the power: Hessel et al. 2018, table 1


class Moved(NamedTuple):
    """What one move in each of the games has brought, each `(games,)`: whether there was one (else an episode was over, and
    the next has begun in its place), the rewards, and whether a game came to its end with it."""

    made: np.ndarray
    rewards: np.ndarray
    ended: np.ndarray


class Drawn(NamedTuple):
    """Transitions: `seen` and `then`, observations `(n, *shape)` before and after up to so many moves; of each `(n,)` the
    first move, the discounted `rewards` of all, the `discount` of what comes after (0 where the game has ended), the
    `weights` that make up for draws by priority, and the places that `Replay.revalue` takes."""

    seen: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    then: np.ndarray
    discount: np.ndarray
    weights: np.ndarray
    places: np.ndarray


class Replay:
    """The last moves of several games played side by side, in rows of one move of each.

    Arguments: `rows`, how many are kept; `games`; `shape` and `dtype` of an observation, of which `frames` follow each
    other in time: each frame is kept once, and compressed where it is uint8. `steps`: moves that a return reaches over,
    each further one discounted by `discount`. Random numbers are numpy's.

    A row holds an observation, the move made there and what it brought. The observation at an episode's end has a row
    without a move.
    """

    def __init__(self, rows: int, games: int, shape: tuple[int, ...], dtype: np.dtype, *, frames: int = 1, steps: int = 1,
                 discount: float = 0.99, prioritised: bool = False):
        self.rows, self.games, self.frames, self.steps, self.discount = rows, games, frames, steps, discount
        self.shape, self.dtype = (shape[0] // frames, *shape[1:]), np.dtype(dtype)
        self.count = 0  # rows that there have been
        self.kept = np.empty((rows, games), object)  # the newest frame of each observation, as bytes
        self.actions = np.zeros((rows, games), np.int16)
        self.rewards = np.zeros((rows, games), np.float32)
        self.made, self.ended = np.zeros((rows, games), bool), np.zeros((rows, games), bool)
        self.age = np.zeros((rows, games), np.int32)  # observations of the episode before this one
        self.priorities = SumTree(rows * games) if prioritised else None
        self.greatest = 1.0

    def add(self, observations: np.ndarray, actions: np.ndarray, moved: Moved) -> None:
        """One row: observations `(games, *shape)`, the moves made there `(games,)` and what they brought."""
        row, before = self.count % self.rows, (self.count - 1) % self.rows
        newest = observations[:, -self.shape[0] :]
        self.kept[row] = [self._packed(frame) for frame in newest]
        self.age[row] = np.where(self.made[before], self.age[before] + 1, 0) if self.count else 0
        self.actions[row], (self.made[row], self.rewards[row], self.ended[row]) = actions, moved
        self.count += 1
        if self.priorities:
            self._set(row, np.zeros(self.games, bool))
            if self.oldest:  # frames that it was seen with are gone
                self._set((self.oldest - 1) % self.rows, np.zeros(self.games, bool))
            if self.newest >= self.oldest:
                self._set(self.newest % self.rows, self.made[self.newest % self.rows])

    @property
    def oldest(self) -> int:
        """The first row, counted from the beginning, that can be drawn."""
        return max(0, self.count - self.rows + self.frames - 1)

    @property
    def newest(self) -> int:
        """The last row that can be drawn: what came of it is known."""
        return self.count - 1 - self.steps

    def _set(self, row: int, possible: np.ndarray) -> None:
        places = row * self.games + np.arange(self.games)
        self.priorities.put(places, np.where(possible, self.greatest, 0.0))

    def draw(self, count: int, exponent: float = 1.0) -> Drawn:
        """So many transitions at random; by priority with weights to the power of `exponent`, of which the greatest is 1."""
        weights = np.ones(count, np.float32)
        if self.priorities:
            places, chances = self.priorities.draw(count)
            weights = (chances / chances.min()) ** -exponent
            rows, games = places // self.games, places % self.games
            rows = self.count - 1 - (self.count - 1 - rows) % self.rows  # counted from the beginning
        else:
            rows, games = self._possible(count)
        seen, actions = self._seen(rows, games), self.actions[rows % self.rows, games]
        rewards, factor, ended = np.zeros(count, np.float32), np.ones(count, np.float32), np.zeros(count, bool)
        then = rows.copy()
        for _ in range(self.steps):
            at = then % self.rows, games
            goes_on = self.made[at] & ~ended
            rewards += np.where(goes_on, factor * self.rewards[at], 0)
            ended |= self.ended[at] & goes_on
            factor = np.where(goes_on, factor * np.float32(self.discount), factor)
            then += goes_on
        return Drawn(seen, actions, rewards, self._seen(then, games), np.where(ended, np.float32(0), factor),
                     weights.astype(np.float32), rows % self.rows * self.games + games)

    def _possible(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        rows, games = np.empty(0, np.int64), np.empty(0, np.int64)
        while len(rows) < count:
            row = np.random.randint(self.oldest, self.newest + 1, count)
            game = np.random.randint(self.games, size=count)
            real = self.made[row % self.rows, game]
            rows, games = np.append(rows, row[real]), np.append(games, game[real])
        return rows[:count], games[:count]

    def _seen(self, rows: np.ndarray, games: np.ndarray) -> np.ndarray:
        """Observations at these rows, counted from the beginning: before an episode's first frame that one is repeated."""
        age = self.age[rows % self.rows, games]
        frames = []
        for back in range(self.frames - 1, -1, -1):
            at = (rows - np.minimum(back, age)) % self.rows
            frames.append([self._unpacked(kept) for kept in self.kept[at, games]])
        seen = np.array(frames, self.dtype).reshape(self.frames, len(rows), *self.shape)
        return np.concatenate(list(seen), 1) if self.frames > 1 else seen[0]

    def _packed(self, frame: np.ndarray) -> bytes:
        return zlib.compress(frame.tobytes(), 1) if self.dtype == np.uint8 else frame.astype(self.dtype).tobytes()

    def _unpacked(self, kept: bytes) -> np.ndarray:
        return np.frombuffer(zlib.decompress(kept) if self.dtype == np.uint8 else kept, self.dtype)

    def revalue(self, places: np.ndarray, errors: np.ndarray) -> None:
        """Sets the priorities of what was drawn by how wrong the answers there were, both `(n,)`."""
        values = (errors.astype(np.float64) + FLOOR) ** POWER
        self.greatest = max(self.greatest, float(values.max()))
        self.priorities.put(places, values)

    def state_dict(self) -> dict:
        """Tensors and plain values; the kept frames as one row of bytes."""
        kept = [frame for frame in self.kept.flat if frame is not None]
        held = {name: torch.from_numpy(getattr(self, name).copy())
                for name in ("actions", "rewards", "made", "ended", "age")}
        return held | {
            "count": self.count, "greatest": self.greatest,
            "lengths": torch.tensor([len(frame) for frame in kept], dtype=torch.int32),
            "frames": torch.frombuffer(bytearray(b"".join(kept) or b"\0"), dtype=torch.uint8),
            "priorities": torch.from_numpy(self.priorities.leaves.copy()) if self.priorities else None,
        }

    def load_state_dict(self, state: dict) -> None:
        for name in ("actions", "rewards", "made", "ended", "age"):
            getattr(self, name)[:] = state[name].numpy()
        self.count, self.greatest = state["count"], state["greatest"]
        content, ends = state["frames"].numpy().tobytes(), np.cumsum(state["lengths"].numpy(), dtype=np.int64)
        begins = [0, *ends.tolist()]
        for place, (begin, end) in enumerate(zip(begins, ends.tolist(), strict=False)):
            self.kept[place // self.games, place % self.games] = content[begin:end]
        if self.priorities:
            self.priorities.put(np.arange(self.rows * self.games), state["priorities"].numpy())


class SumTree:
    """Numbers that are not negative, from which places are drawn in proportion to them, in logarithmic time."""

    def __init__(self, size: int):
        self.size, self.depth = size, max(1, (size - 1).bit_length())
        self.sums = np.zeros(2 << self.depth)  # the root at 1, below i are 2 i and 2 i + 1, the last half are the leaves

    @property
    def leaves(self) -> np.ndarray:
        return self.sums[1 << self.depth :][: self.size]

    def put(self, places: np.ndarray, values: Iterable[float]) -> None:
        at = places + (1 << self.depth)
        self.sums[at] = values
        for _ in range(self.depth):
            at = np.unique(at >> 1)
            self.sums[at] = self.sums[2 * at] + self.sums[2 * at + 1]

    def draw(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Places `(count,)`, one out of each of `count` equal parts of the whole sum, and the chance of each."""
        total = self.sums[1]
        aim = (np.arange(count) + np.random.rand(count)) / count * total
        at = np.ones(count, np.int64)
        for _ in range(self.depth):
            left = self.sums[2 * at]
            right = (aim >= left) & (self.sums[2 * at + 1] > 0)  # rounding must not lead to an empty place
            aim = np.where(right, aim - left, aim)
            at = 2 * at + right
        return at - (1 << self.depth), self.sums[at] / total
