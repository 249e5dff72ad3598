"""Deep Q-learning: Mnih et al. 2015, "Human-level control through deep reinforcement learning", with the later parts that
Hessel et al. 2018, "Rainbow", puts together, as switches."""

from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from core.catalog import task
from core.datasets.base import Batch
from core.experiment import Settings, setting
from core.tasks.descent import Descent
from core.tasks.playing import Playing, Table
from core.tasks.replay import Drawn, Replay

TESTED = 0.001  # share of random moves when the agent is tested: Hessel et al. 2018, "Evaluation procedure"
WEIGHTED = 0.4  # exponent of the weights at the start, that grows to 1: Schaul et al. 2016, section 3.4


@task(
    "q_learning",
    title="Q-learning",
    year=2015,
    people="Volodymyr Mnih and others; Christopher Watkins",
    paper="Human-level control through deep reinforcement learning",
    url="https://doi.org/10.1038/nature14236",
    beginner="Play a game over and over, and learn from the points. Of each move the network tells how much is still to be "
    "won; it learns from its own guess one move later. At first it moves at random, then ever more often as it thinks best.",
    expert="One step is one move in each of the games and one descent on a batch out of the replay memory: Huber's loss "
    "against reward and discounted value of the target network. Switches: double (van Hasselt et al. 2016), prioritised "
    "replay (Schaul et al. 2016), returns over several moves; duelling is a setting of the network. Returns are of episodes "
    "apart from training, with 0.1 % random moves.",
)
class QLearning(Playing):
    """Model: observations to the value of each action, `(batch, actions)`."""

    class Settings(Settings):
        loss: Literal["huber", "squared"] = setting(
            "huber", "How errors count: Huber's grows slowly beyond 1, so that no surprise pulls too hard; squared ones let "
            "rare ends of the game be heard, where values are far greater than 1."
        )
        double: bool = setting(
            True, "The network in training picks the best next move, the one of before values it: fewer values too high."
        )
        prioritised: bool = setting(False, "Learns more often from what surprised most.")
        steps_ahead: int = setting(1, "Moves whose rewards are counted before the network's own guess takes over.",
                                   unit="moves", ge=1, le=20)
        discount: float = setting(0.99, "What a point is worth one move later.", ge=0, le=1)
        environments: int = setting(
            4, "Games played side by side: one move in each for every step of the optimiser.", unit="games", ge=1, le=256
        )
        replay: int = setting(100_000, "Moves kept in memory to learn from.", unit="moves", ge=1000, le=10_000_000)
        warm_up: int = setting(
            5000, "Moves made at random before the first step; no epoch counts them.", unit="moves", ge=100, le=1_000_000
        )
        exploration: float = setting(
            0.3, "Share of the run in which random moves become fewer, from all to the last share.", gt=0, le=1
        )
        last_exploration: float = setting(0.02, "Share of random moves from then on.", ge=0, le=1)
        target_period: int = setting(
            500, "Steps after which the network that values next moves is renewed.", unit="steps", ge=1, le=100_000
        )

    @property
    def examples(self) -> int:
        return self.settings.environments  # moves: an epoch is so many of them

    def start(self, total_steps: int) -> None:
        self.descent = Descent(self.model, self.training, total_steps)
        self.renew()
        self.total, self.done = total_steps, 0
        self.table: Table | None = None  # games are begun with the first move
        self.drawn: Drawn | None = None

    def renew(self) -> None:
        """The target network is the network as it is now."""
        self.target = {name: value.detach().clone() for name, value in self.model.state_dict().items()}

    # ---- playing

    def begin(self) -> None:
        """Games, and the memory of them."""
        settings, games = self.settings, self.settings.environments
        self.table = Table(self.spec.game, games)
        # Rows are lost to what lies before the first frame and after the last move; the fewest are a warm-up long.
        rows = max(settings.replay, settings.warm_up) // games + settings.steps_ahead + self.spec.frames
        self.replay = Replay(rows, games, self.spec.shape, self.table.observations.dtype, frames=self.spec.frames,
                             steps=settings.steps_ahead, discount=settings.discount, prioritised=settings.prioritised)

    def play(self, moves: int) -> Batch:
        """One move in each game, and a batch out of the memory, with what each move was worth by the target network."""
        if self.table is None:
            self.begin()
            self.renew()  # the weights may have been set since the start
        while self.replay.newest * self.settings.environments < self.settings.warm_up:
            self._move(1.0)
        self._move(self.randomness)
        done = self.done / self.total
        self.drawn = self.replay.draw(self.training.batch_size, WEIGHTED + (1 - WEIGHTED) * done)
        return self.worth(self.drawn)

    @property
    def randomness(self) -> float:
        """The share of random moves now: Mnih's falls in a straight line."""
        last = self.settings.last_exploration
        return max(last, 1 - (1 - last) * self.done / (self.settings.exploration * self.total))

    def _move(self, randomness: float) -> None:
        seen = self.table.observations
        actions = np.random.randint(len(self.spec.actions), size=len(seen))
        best = np.random.rand(len(seen)) >= randomness
        if best.any():
            actions = np.where(best, self.answers(seen).argmax(1).cpu().numpy(), actions)
        moved = self.table.move(actions)
        self.replay.add(seen, actions, moved._replace(rewards=self.learnt(moved.rewards)))

    def worth(self, drawn: Drawn) -> Batch:
        """Transitions as a batch: Mnih's target, or that of van Hasselt et al. 2016, equation 4, where `double`."""
        seen, then, *rest = (torch.from_numpy(part).to(self.device) for part in (
            drawn.seen, drawn.then, drawn.actions, drawn.rewards, drawn.discount, drawn.weights))
        actions, rewards, discount, weights = rest
        with torch.no_grad(), self.autocast():
            after = self.model_input(Batch(then, None))
            values = functional_call(self.model, self.target, after).float()  # (batch, actions)
            best = (self.model(after) if self.settings.double else values).argmax(1, keepdim=True)
        worth = rewards + discount * values.gather(1, best)[:, 0]
        return Batch(seen, torch.stack([actions.float(), worth, weights, torch.zeros_like(worth)], 1))

    # ---- learning

    def step(self, batch: Batch) -> dict[str, Tensor]:
        actions, worth, weights, _ = batch.targets.unbind(1)
        self.descent.begin()
        with self.autocast():
            values = self.model(self.model_input(batch)).float()  # (batch, actions)
        told = values.gather(1, actions.long()[:, None])[:, 0]
        cost = F.huber_loss if self.settings.loss == "huber" else F.mse_loss
        loss = (weights * cost(told, worth, reduction="none")).mean()
        self.descent.backward(loss)
        self.descent.step()
        self.done += 1
        if self.done % self.settings.target_period == 0:
            self.renew()
        measures = {"loss": loss.detach(), "q": told.detach().mean()}
        if self.table is None:
            return measures
        if self.settings.prioritised:
            self.replay.revalue(self.drawn.places, (told.detach() - worth).abs().cpu().numpy())
        return measures | {"exploration": torch.tensor(self.randomness)} | self.latest(self.table)

    # ---- testing

    def chances(self, outputs: Tensor) -> Tensor:
        best = F.one_hot(outputs.argmax(1), outputs.shape[1]).float()
        return (1 - TESTED) * best + TESTED / outputs.shape[1]

    measured = "Worth of each move"

    def told(self, outputs: Tensor) -> Tensor:
        return outputs

    def values(self, outputs: Tensor) -> Tensor:
        return outputs.amax(1)

    def state_dict(self) -> dict:
        played = {"table": self.table.state_dict(), "replay": self.replay.state_dict()} if self.table else None
        return self.descent.state_dict() | {"target": self.target, "done": self.done, "played": played}

    def load_state_dict(self, state: dict) -> None:
        self.descent.load_state_dict(state)
        self.target = {name: value.to(self.device) for name, value in state["target"].items()}
        self.done = state["done"]
        if state["played"]:
            self.begin()
            self.table.load_state_dict(state["played"]["table"])
            self.replay.load_state_dict(state["played"]["replay"])
