"""What all tasks share in which a network plays games: games side by side, episodes that test it, and what is shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from core.catalog import DataSpec
from core.datasets.base import Batch, Data, Split
from core.datasets.games import Episodes, Game
from core.tasks.base import Preview, Task
from core.tasks.pictures import film
from core.tasks.replay import Moved
from core.tasks.scores import SCORES

RECENT = 20  # finished episodes whose mean return training tells
SHOWN, MOST = 12, 1000  # frames of an episode that a preview shows, and moves that it plays at most
FIRST_SEED = 2**20  # training's episodes have seeds from here on: never one of validation or test


class Table:
    """Games played side by side; where an episode is over, the next move begins another in its place. Seeds are torch's
    random numbers.

    `observations` `(games, *shape)` are what is seen now; `finished` the returns of the last episodes that came to an end.
    """

    def __init__(self, name: str, count: int):
        self.games = [Game(name) for _ in range(count)]
        self.finished: deque[float] = deque(maxlen=RECENT)
        self.over = np.zeros(count, bool)
        self.observations = np.stack([game.begin(self._seed()) for game in self.games])

    def _seed(self) -> int:
        return int(torch.randint(FIRST_SEED, 2**31, ()))

    def move(self, actions: np.ndarray) -> Moved:
        """One move in each game `(games,)`."""
        made, rewards, ended = ~self.over, np.zeros(len(self.games), np.float32), np.zeros(len(self.games), bool)
        self.observations = self.observations.copy()
        for i, game in enumerate(self.games):
            if self.over[i]:
                self.observations[i], self.over[i] = game.begin(self._seed()), False
                continue
            self.observations[i], rewards[i], ended[i], self.over[i] = game.move(int(actions[i]))
            if self.over[i]:
                self.finished.append(game.back)
        return Moved(made, rewards, ended)

    def state_dict(self) -> dict:
        return {"games": [game.state_dict() for game in self.games], "over": self.over.tolist(),
                "finished": list(self.finished)}

    def load_state_dict(self, state: dict) -> None:
        pairs = zip(self.games, state["games"], strict=True)
        self.observations = np.stack([game.load_state_dict(held) for game, held in pairs])
        self.over = np.array(state["over"])
        self.finished.extend(state["finished"])


@dataclass
class Episode:
    """One episode: its seed, and of each move the action, the reward and what the network made of it before (`outputs`,
    `(actions,)` or more)."""

    seed: int
    actions: list[int] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    outputs: list[np.ndarray] = field(default_factory=list)
    over: bool = False

    @property
    def back(self) -> float:
        """The return: the sum of the rewards."""
        return float(sum(self.rewards))


Policy = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]  # observations to chances `(n, actions)` and outputs


def played(spec: DataSpec, seeds: Sequence[int], policy: Policy, *, most: int | None = None) -> list[Episode]:
    """Episodes with these seeds, played side by side, each to its end or to `most` moves. What is left to chance in the
    choice of a move follows from the episode's seed."""
    games = [Game(spec.game) for _ in seeds]
    episodes = [Episode(seed) for seed in seeds]
    chance = [np.random.default_rng(seed) for seed in seeds]
    seen = [game.begin(seed) for game, seed in zip(games, seeds, strict=True)]
    going = list(range(len(seeds)))
    while going:
        chances, outputs = policy(np.stack([seen[i] for i in going]))
        sums = chances.cumsum(1)
        for row, i in enumerate(list(going)):
            episode, game = episodes[i], games[i]
            action = min(int((chance[i].random() * sums[row, -1] >= sums[row]).sum()), len(spec.actions) - 1)
            seen[i], reward, _, episode.over = game.move(action)
            episode.actions.append(action)
            episode.rewards.append(reward)
            episode.outputs.append(outputs[row])
            if episode.over or len(episode.actions) == most:
                going.remove(i)
    for game in games:
        game.close()
    return episodes


def screens(spec: DataSpec, episode: Episode, moves: Collection[int]) -> Iterator[np.ndarray]:
    """What was to be seen before each of these moves, in their order, uint8 `(height, width, 3)`: the episode is played
    anew, since to draw every screen takes longer than to play."""
    game = Game(spec.game)
    game.begin(episode.seed)
    for move, action in enumerate(episode.actions[: max(moves) + 1]):
        if move in moves:
            yield game.screen()
        game.move(action)
    game.close()


class Played(Episodes):
    """A training split whose batches are played when they are asked for: `play` is given the number of moves."""

    def __init__(self, train: Episodes, play: Callable[[int], Batch]):
        super().__init__(train.inputs, train.seeds, train.moves)
        self.play = play

    def stream(self, indices: Iterable[Tensor], device: torch.device) -> Iterator[Batch]:
        for index in indices:
            yield self.play(len(index))


class Playing(Task):
    """Base of the tasks that play. A subclass writes `play`, which makes moves and gives a batch to learn from, and what
    the model's answers mean: `chances` and `values`. No step of it is a moment of the data, whose order means nothing."""

    measure, more_is_better = "validation/return", True

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        return None if spec.kind == "games" else f"{cls.card.title.lower()} needs a game."

    def play(self, moves: int) -> Batch:
        """Makes so many moves, one in each game at a time, and gives a batch to learn from."""
        raise NotImplementedError

    def chances(self, outputs: Tensor) -> Tensor:
        """The chance of each move `(n, actions)` by what the model answers, when it is tested."""
        raise NotImplementedError

    measured: str  # what `told` says of a move, in a word or two

    def told(self, outputs: Tensor) -> Tensor:
        """What the model says of each move `(n, actions)`, as a person reads it."""
        raise NotImplementedError

    def preferences(self, outputs: Tensor) -> Tensor:
        """What it says of each move as the network gives it, `(n, actions)`: values or logits."""
        return outputs[:, : len(self.spec.actions)]

    def values(self, outputs: Tensor) -> Tensor:
        """The return that the model expects, `(n,)`, by what it answers: discounted, and of rewards as it learns them."""
        raise NotImplementedError

    def reads(self, train: Split) -> Split:
        return Played(train, self.play)

    @cached_property
    def _random_returns(self) -> dict[tuple[int, ...], float]:
        return {}

    @cached_property
    def statistics(self) -> Tensor:
        """The spec's mean and standard deviation, `(2, channels or numbers, 1, 1)`, the last two for pictures only."""
        both = torch.tensor((self.spec.mean, self.spec.std), device=self.device)
        return both.view(*both.shape, *[1] * (len(self.spec.shape) - 1))

    def model_input(self, batch: Batch) -> Tensor:
        return (batch.inputs.float() - self.statistics[0]) / self.statistics[1]

    def answers(self, observations: np.ndarray) -> Tensor:
        """What the model makes of observations `(n, *shape)`, float32 on the device."""
        with torch.no_grad(), self.autocast():
            batch = Batch(torch.from_numpy(observations).to(self.device), None)
            return self.model(self.model_input(batch)).float()

    def policy(self, observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A `Policy`: how the model plays when it is tested."""
        outputs = self.answers(observations)
        return self.chances(outputs).cpu().numpy(), outputs.cpu().numpy()

    def at_random(self, observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A `Policy`: every move is as likely as any other."""
        return np.ones((len(observations), len(self.spec.actions))), np.zeros((len(observations), 0))

    def learnt(self, rewards: np.ndarray) -> np.ndarray:
        """Rewards as the network learns them: of Atari games only their sign, since every game counts in its own points
        (Mnih et al. 2015, "Training details")."""
        return np.sign(rewards) if self.spec.game.startswith("ALE/") else rewards

    def latest(self, table: Table) -> dict[str, Tensor]:
        """The mean return of training's last episodes, once one has come to its end."""
        return {"return": torch.tensor(np.mean(table.finished), dtype=torch.float32)} if table.finished else {}

    def evaluate(self, split: Split) -> dict[str, float]:
        """`return`, the mean over the split's episodes, and their mean `length` in moves. `return_by_chance`: of a player
        who moves at random, published (Mnih et al. 2015; Wang et al. 2016) or else measured on the same
        episodes. `human_normalised`: the return on a scale where that player has 0 and a published human tester 1."""
        episodes = played(self.spec, split.seeds, self.policy)
        mean = float(np.mean([episode.back for episode in episodes]))
        found = {"return": mean, "length": float(np.mean([len(episode.actions) for episode in episodes]))}
        if self.spec.game in SCORES:
            random, human = SCORES[self.spec.game]
            return found | {"return_by_chance": random, "human_normalised": (mean - random) / (human - random)}
        return found | {"return_by_chance": self._random_return(split.seeds)}

    def _random_return(self, seeds: Sequence[int]) -> float:
        if seeds not in self._random_returns:
            episodes = played(self.spec, seeds, self.at_random)
            self._random_returns[seeds] = float(np.mean([episode.back for episode in episodes]))
        return self._random_returns[seeds]

    def previews(self, data: Data) -> Iterable[Preview]:
        yield self._look("episode", data.validation.seeds[0])

    def report(self, data: Data) -> Iterable[Preview]:
        yield self._look("test_episode", data.test.seeds[0])

    def _look(self, name: str, seed: int) -> Preview:
        """Frames of an episode, at most its first thousand moves, and what the model made of each."""
        (episode,) = played(self.spec, [seed], self.policy, most=MOST)
        shown = np.linspace(0, len(episode.actions) - 1, min(SHOWN, len(episode.actions))).round().astype(int).tolist()
        outputs = torch.from_numpy(np.stack(episode.outputs))
        values = self.values(outputs)
        names = self.spec.actions
        captions = [f"{move + 1}: {names[episode.actions[move]]}, {values[move]:.3g}" for move in shown]
        points = f"{'' if episode.over else 'at least '}{episode.back:g}"
        title = f"{len(episode.actions):,} moves, {points} points"
        return Preview(name, film(list(screens(self.spec, episode, shown)), captions, title), {
            "seed": seed, "return": episode.back, "over": episode.over, "moves": len(episode.actions), "shown": shown,
            "actions": list(names), "chosen": [episode.actions[move] for move in shown],
            "measured": self.measured,
            "answers": [[round(value, 5) for value in row] for row in self.told(outputs[shown]).tolist()],
            "values": [round(value, 5) for value in values.tolist()],
        })
