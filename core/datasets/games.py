"""Games: what a data set of episodes yields, and the games themselves, each made by its name.

A game begun with the same seed and given the same moves is the same game: so an episode is kept as its seed and its moves.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.catalog import DataSpec
from core.datasets.base import Availability, Batch, Data, Dataset, Split

LOOKED_AT = 4  # episodes whose first observations the training split holds
STICKY = 0.25  # chance that a move of an Atari game is the one before again: Machado et al. 2018, section 5.2
MINATAR_STICKY = 0.1  # of MinAtar: Young and Tian 2019, section 3
TRUNCATED = 5000  # moves after which a MinAtar episode ends: Young and Tian set no end, and a careful player has none
SIDE, FRAMES = 84, 4  # of what is seen of an Atari game: Mnih et al. 2015, "Preprocessing"
COLOURS = np.array([  # of MinAtar's channels on the screen: Okabe and Ito 2008, and what lies between
    (0, 114, 178), (230, 159, 0), (0, 158, 115), (213, 94, 0), (204, 121, 167), (86, 180, 233), (240, 228, 66),
    (150, 150, 150), (120, 90, 200), (160, 100, 60),
], np.uint8)


class Game:
    """One game as it is played, by its name: gymnasium's (`CartPole-v1`), `MinAtar/breakout` or `ALE/Pong-v5`.

    Observations are float32 `(numbers,)`, or uint8 `(channels, height, width)`. Its state is the episode's seed and moves:
    a game is taken up again by playing them anew.
    """

    def __init__(self, name: str):
        self.name, self._environment = name, make(name)
        self.seed, self.moves, self.back = 0, [], 0.0

    def begin(self, seed: int) -> np.ndarray:
        """Begins an episode, and gives the first observation."""
        self.seed, self.moves, self.back = seed, [], 0.0
        observation, _ = self._environment.reset(seed=seed)
        return observation

    def move(self, action: int) -> tuple[np.ndarray, float, bool, bool]:
        """The next observation; the reward; whether the game has come to its end, after which nothing is to be won; and
        whether the episode is over, which it may be for its length alone. `back` is the return so far."""
        observation, reward, ended, cut, _ = self._environment.step(action)
        self.moves.append(action)
        self.back += float(reward)
        return observation, float(reward), bool(ended), bool(ended or cut)

    def screen(self) -> np.ndarray:
        """What a person sees, uint8 `(height, width, 3)`."""
        shown = self._environment
        return shown.unwrapped.ale.getScreenRGB() if self.name.startswith("ALE/") else shown.render()

    def state_dict(self) -> dict:
        return {"seed": self.seed, "moves": list(self.moves)}

    def load_state_dict(self, state: dict) -> np.ndarray:
        """Takes the game up where it stood, and gives the observation there."""
        observation = self.begin(state["seed"])
        for action in state["moves"]:
            observation, *_ = self.move(action)
        return observation

    def close(self) -> None:
        self._environment.close()


def make(name: str) -> Any:
    """A game with gymnasium's methods. Of an Atari game the last four frames are seen, 84×84 and grey, each the maximum of
    the last two of four; moves stick, and a lost life is not told (Machado et al. 2018)."""
    import gymnasium  # takes half a second

    if name.startswith("MinAtar/"):
        return MinAtar(name.removeprefix("MinAtar/"))
    if not name.startswith("ALE/"):
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # pygame draws into memory, and looks for no screen
        return gymnasium.make(name, render_mode="rgb_array", disable_env_checker=True)
    import ale_py
    from gymnasium.wrappers import AtariPreprocessing, FrameStackObservation

    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    gymnasium.register_envs(ale_py)
    game = gymnasium.make(name, frameskip=1, repeat_action_probability=STICKY, obs_type="grayscale",
                          disable_env_checker=True)
    return FrameStackObservation(AtariPreprocessing(game, noop_max=0, screen_size=SIDE), FRAMES)


class MinAtar:
    """One of MinAtar's games with gymnasium's methods: its small set of moves, moves that stick, and difficulty that rises.

    The package's own `Environment` does the same, but its door opens seaborn and pandas: so the game's file is read alone.
    """

    def __init__(self, name: str):
        folder = importlib.util.find_spec("minatar").submodule_search_locations[0]
        spec = importlib.util.spec_from_file_location(f"minatar_{name}", Path(folder) / "environments" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self._game = module.Env(ramping=True)
        self._actions = self._game.minimal_action_set()

    def reset(self, seed: int) -> tuple[np.ndarray, dict]:
        self._random = self._game.random = np.random.RandomState(seed)
        self._game.reset()
        self._last = self._count = 0
        return self._seen(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict]:
        if self._random.rand() >= MINATAR_STICKY:
            self._last = self._actions[action]
        reward, ended = self._game.act(self._last)
        self._count += 1
        return self._seen(), reward, ended, self._count >= TRUNCATED, {}

    def _seen(self) -> np.ndarray:
        return np.ascontiguousarray(self._game.state().transpose(2, 0, 1), np.uint8)  # (channels, 10, 10)

    def render(self) -> np.ndarray:
        """Each thing in a colour of its own, 16 pixels to a place."""
        seen = self._seen()
        picture = np.zeros((*seen.shape[1:], 3), np.uint8)
        for channel, colour in zip(seen, COLOURS, strict=False):
            picture[channel > 0] = colour
        return picture.repeat(16, 0).repeat(16, 1)

    def close(self) -> None: ...


class Episodes(Split):
    """Episodes of a game, each begun with a seed of its own. `inputs`: their first observations, float32 `(n, *shape)`. As
    a training split it is as long as an epoch has moves, whatever the episodes that it holds for a look."""

    def __init__(self, inputs: Tensor, seeds: Sequence[int], moves: int = 0):
        super().__init__(inputs)
        self.seeds, self.moves = tuple(seeds), moves

    def __len__(self) -> int:
        return self.moves or len(self.inputs)

    def to(self, device: torch.device) -> Episodes:
        return Episodes(self.inputs.to(device), self.seeds, self.moves)

    def take(self, index: Tensor, device: torch.device) -> Batch:
        return super().take(index % len(self.inputs), device)


class GameData(Dataset):
    """Base of the data sets that are games. A subclass says in `spec` which game. The seeds of validation and test episodes
    are fixed, and no episode of training has one of them."""

    packages: dict[str, str] = {"gymnasium": "gymnasium"}  # modules that the game needs, by the name that pip knows

    def availability(self) -> Availability:
        for module, package in self.packages.items():
            if importlib.util.find_spec(module) is None:
                return Availability(False, f"This game needs the package {package}: pip install {package}.")
        return Availability(True, f"Played on the spot: the game comes with the package {list(self.packages.values())[-1]}.")

    def load(self) -> Data:
        spec, splits = self.spec(), {}
        game = Game(spec.game)
        for number, name in enumerate(("validation", "test", "train")):
            count = LOOKED_AT if name == "train" else spec.sizes[name]
            seeds = range(10_000 * number, 10_000 * number + count)
            first = torch.stack([torch.from_numpy(np.array(game.begin(seed), np.float32)) for seed in seeds])
            splits[name] = Episodes(first, seeds, spec.sizes["train"] if name == "train" else 0)
        game.close()
        return Data(spec, **splits, source=f"played: {spec.game}")


def game_spec(
    game: str, shape: Sequence[int], actions: Sequence[str], *, moves: int, episodes: int, **more: Any
) -> DataSpec:
    """The spec of a game: an epoch of so many `moves`, so many test episodes, and a fifth as many for validation."""
    return DataSpec(kind="games", game=game, shape=tuple(shape), actions=tuple(actions),
                    sizes={"train": moves, "validation": max(2, episodes // 5), "test": episodes}, **more)
