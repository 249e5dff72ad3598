"""An agent watched as it plays: every screen of an episode with what the network made of it, and what on the screen its
answer hangs on (Greydanus, Koul, Dodge and Fern 2018, "Visualizing and understanding Atari agents")."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from core.architectures.players import sight
from core.datasets.base import Batch
from core.datasets.games import Game
from core.inside.load import Loaded
from core.tasks.playing import Episode, played, screens
from core.tasks.scores import SCORES

MOST = 1000  # moves of an episode that are shown
WIDTH = 240  # most pixels of a screen's width on the sheet
MASK, BLUR = 5.0, 3.0  # standard deviations in pixels of an 80×80 screen: Greydanus et al. 2018, section 3.2
PAPER_SIDE, EVERY = 80, 5  # that screen, and the pixels from one disturbed place to the next


@dataclass(frozen=True)
class Watched:
    """An episode. `sheet`: all screens in rows of `columns`, a JPEG; `size` of each (width, height). Of each move what the
    task says of every action (`answers`, `(moves, actions)`), the expected return (`values`, `(moves,)`), and what the last
    hidden layer makes of the situation (`features`, `(moves, units)`). `random` and `human`: the published returns, None
    where there are none."""

    episode: Episode
    sheet: bytes
    columns: int
    size: tuple[int, int]
    answers: np.ndarray
    values: np.ndarray
    features: np.ndarray
    random: float | None
    human: float | None


def fits(loaded: Loaded) -> bool:
    return loaded.spec.kind == "games"


def watch(loaded: Loaded, seed: int) -> Watched:
    """The episode of that seed, played by the model, at most its first `MOST` moves."""
    with loaded.lock:
        features: list[np.ndarray] = []

        def policy(observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            with torch.no_grad():
                seen = loaded.task.model_input(Batch(torch.from_numpy(observations), None))
                features.append(loaded.model.eyes(seen).numpy())
            return loaded.task.policy(observations)

        (episode,) = played(loaded.spec, [seed], policy, most=MOST)
        outputs = torch.from_numpy(np.stack(episode.outputs))
        answers, values = loaded.task.told(outputs), loaded.task.values(outputs)
    moves, sheet, size = len(episode.actions), None, (0, 0)
    columns = math.ceil(moves**0.5)
    for i, screen in enumerate(screens(loaded.spec, episode, range(moves))):
        if sheet is None:
            width = min(WIDTH, screen.shape[1])
            size = (width, round(width * screen.shape[0] / screen.shape[1]))
            sheet = Image.new("RGB", (columns * size[0], math.ceil(moves / columns) * size[1]))
        small = Image.fromarray(screen).resize(size, Image.Resampling.BOX)
        sheet.paste(small, (i % columns * size[0], i // columns * size[1]))
    held = io.BytesIO()
    sheet.save(held, "JPEG", quality=85)
    random, human = SCORES.get(loaded.spec.game, (None, None))
    return Watched(episode, held.getvalue(), columns, size, answers.numpy(), values.numpy(),
                   np.concatenate(features), random, human)


def at_random(loaded: Loaded, seed: int) -> float:
    """The return of a player who moves at random in the same episode."""
    return played(loaded.spec, [seed], loaded.task.at_random)[0].back


@dataclass(frozen=True)
class Looked:
    """One moment: the `screen` uint8 `(height, width, 3)`, and how much the answer and the value change where a place of it
    is blurred, each float32 `(side, side)`, in units of the answer squared."""

    screen: np.ndarray
    policy: np.ndarray
    value: np.ndarray


def look(loaded: Loaded, episode: Episode, move: int) -> Looked | None:
    """What the answer before this move hangs on; None where a player sees plain numbers."""
    if sight(loaded.spec) == "numbers":
        return None
    game = Game(loaded.spec.game)
    observation = game.load_state_dict({"seed": episode.seed, "moves": episode.actions[:move]})
    screen = game.screen()
    game.close()
    with loaded.lock:
        policy, value = saliency(loaded, torch.from_numpy(observation).float())
    return Looked(screen, policy.numpy(), value.numpy())


def saliency(loaded: Loaded, observation: Tensor) -> tuple[Tensor, Tensor]:
    """Greydanus et al. 2018, equations 1 to 3: half of the squared change of all actions' answers, and of the value, when
    the observation `(channels, side, side)` is mixed with its blurred self around a place, for each place. Boards of few
    places are blurred by one place at least, and disturbed at each."""
    side = observation.shape[-1]
    every = max(1, round(EVERY * side / PAPER_SIDE))
    places = torch.arange(0, side, every)
    spread = max(0.6, MASK * side / PAPER_SIDE)
    bell = torch.exp(-(torch.arange(side)[None] - places[:, None]).square() / (2 * spread**2))  # (places, side)
    masks = bell[:, None, :, None] * bell[None, :, None, :]  # (places, places, side, side)
    blurred = blur(observation, max(1.0, BLUR * side / PAPER_SIDE))
    disturbed = torch.lerp(observation, blurred, masks.flatten(0, 1)[:, None])  # (places², channels, side, side)
    with torch.no_grad():
        outputs = torch.cat([loaded.model(loaded.task.model_input(Batch(part, None))).float()
                             for part in torch.cat([observation[None], disturbed]).split(128)])
    answers, values = loaded.task.preferences(outputs), loaded.task.values(outputs)
    maps = ((answers[1:] - answers[:1]).square().sum(1) / 2, (values[1:] - values[:1]).square() / 2)
    return tuple(F.interpolate(found.view(1, 1, len(places), -1), (side, side), mode="bilinear")[0, 0] for found in maps)


def blur(observation: Tensor, spread: float) -> Tensor:
    """`(channels, height, width)` blurred by a Gaussian of that standard deviation in pixels."""
    reach = math.ceil(3 * spread)
    bell = torch.exp(-torch.arange(-reach, reach + 1.0).square() / (2 * spread**2))
    bell = (bell / bell.sum()).view(1, 1, -1)
    rows = F.conv1d(F.pad(observation.flatten(0, 1)[:, None], (reach, reach), mode="replicate"), bell).view_as(observation)
    turned = rows.transpose(1, 2)
    columns = F.conv1d(F.pad(turned.flatten(0, 1)[:, None], (reach, reach), mode="replicate"), bell).view_as(turned)
    return columns.transpose(1, 2)
