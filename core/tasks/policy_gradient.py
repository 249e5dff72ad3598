"""Proximal policy optimisation: Schulman et al. 2017, "Proximal policy optimization algorithms", with the advantages of
Schulman et al. 2016, "High-dimensional continuous control using generalized advantage estimation"."""

import numpy as np
import torch
from torch import Tensor

from core.catalog import task
from core.datasets.base import Batch
from core.experiment import Settings, setting
from core.tasks.descent import Descent
from core.tasks.playing import Playing, Table


@task(
    "policy_gradient",
    title="Policy gradient",
    year=2017,
    people="John Schulman and others; Ronald Williams",
    paper="Proximal policy optimization algorithms",
    url="https://arxiv.org/abs/1707.06347",
    beginner="Play several games side by side. Make the moves that turned out better than expected a little more likely, "
    "the others a little less: never far at once, since what was seen was seen by the player of before.",
    expert="One step plays a batch of moves and learns from it in a few passes: the clipped surrogate objective, the "
    "critic's squared error and an entropy bonus (equation 9), with generalised advantages, normalised over the "
    "batch. Tested with moves drawn from the policy, in episodes apart from training.",
)
class PolicyGradient(Playing):
    """Model: observations to the logits of the actions and the value, `(batch, actions + 1)`."""

    class Settings(Settings):
        environments: int = setting(8, "Games played side by side.", unit="games", ge=1, le=256)
        discount: float = setting(0.99, "What a point is worth one move later.", ge=0, le=1)
        trace: float = setting(
            0.95, "How far the reach of what really came goes, against the critic's guess: 0 is one move, 1 to the end.",
            ge=0, le=1,
        )
        clip: float = setting(0.2, "How far a move's chance may go in one step, as a share of what it was.", gt=0, le=1)
        passes: int = setting(4, "How often a batch is learned from.", unit="passes", ge=1, le=50)
        parts: int = setting(4, "Parts of a batch, each a step of the optimiser.", unit="parts", ge=1, le=64)
        value_weight: float = setting(0.5, "How much the critic's error counts.", ge=0, le=10)
        entropy_weight: float = setting(0.01, "How much it counts to keep several moves likely, so that all are tried.",
                                        ge=0, le=1)

    def start(self, total_steps: int) -> None:
        updates = total_steps * self.settings.passes * self.settings.parts
        self.descent = Descent(self.model, self.training, updates)
        self.table: Table | None = None  # games are begun with the first move

    # ---- playing

    def play(self, moves: int) -> Batch:
        """So many moves, spread over the games, and what each was better than expected."""
        if self.table is None:
            self.table = Table(self.spec.game, self.settings.environments)
        rows: list[tuple] = []
        for _ in range(max(1, moves // self.settings.environments)):
            seen = self.table.observations
            outputs = self.answers(seen).cpu()
            logits = outputs[:, :-1].log_softmax(1).numpy()
            drawn = np.random.rand(len(seen), 1) >= np.exp(logits).cumsum(1)
            actions = np.minimum(drawn.sum(1), logits.shape[1] - 1)
            moved = self.table.move(actions)
            rows.append((seen, actions, np.take_along_axis(logits, actions[:, None], 1)[:, 0], outputs[:, -1].numpy(),
                         self.learnt(moved.rewards), moved.made, moved.ended))
        seen, actions, chances, values, rewards, made, ended = map(np.stack, zip(*rows, strict=True))
        after = self.answers(self.table.observations)[:, -1].cpu().numpy()
        better = advantages(rewards, np.concatenate([values, after[None]]), made, ended, self.settings.discount,
                            self.settings.trace)
        worth, weights = better + values, (better - better[made].mean()) / (better[made].std() + 1e-8)
        told = np.stack([actions, worth, weights, chances], 2)[made].astype(np.float32)  # (moves made, 4)
        return Batch(torch.from_numpy(seen[made]).to(self.device), torch.from_numpy(told).to(self.device))

    # ---- learning

    def step(self, batch: Batch) -> dict[str, Tensor]:
        sums: dict[str, Tensor] = {}
        size = -(-len(batch.inputs) // self.settings.parts)
        count = 0
        for _ in range(self.settings.passes):
            for index in torch.randperm(len(batch.inputs)).split(size):
                index = index.to(self.device)
                for name, value in self._learn(Batch(batch.inputs[index], batch.targets[index])).items():
                    sums[name] = sums[name] + value if name in sums else value
                count += 1
        return {name: value / count for name, value in sums.items()} | (self.latest(self.table) if self.table else {})

    def _learn(self, part: Batch) -> dict[str, Tensor]:
        """One step of the optimiser: Schulman et al. 2017, equations 7 and 9."""
        actions, worth, weights, before = part.targets.unbind(1)
        clip = self.settings.clip
        self.descent.begin()
        with self.autocast():
            outputs = self.model(self.model_input(part)).float()
        logits = outputs[:, :-1].log_softmax(1)  # (part, actions)
        ratio = (logits.gather(1, actions.long()[:, None])[:, 0] - before).exp()
        gained = torch.minimum(ratio * weights, ratio.clamp(1 - clip, 1 + clip) * weights).mean()
        critic = (outputs[:, -1] - worth).square().mean()
        entropy = -(logits.exp() * logits).sum(1).mean()
        loss = -gained + self.settings.value_weight * critic - self.settings.entropy_weight * entropy
        self.descent.backward(loss)
        self.descent.step()
        clipped = ((ratio.detach() - 1).abs() > clip).float().mean()
        return {"loss": loss.detach(), "critic_loss": critic.detach(), "entropy": entropy.detach(), "clipped": clipped}

    # ---- testing

    def chances(self, outputs: Tensor) -> Tensor:
        return outputs[:, :-1].softmax(1)

    measured = "Chance of each move"

    def told(self, outputs: Tensor) -> Tensor:
        return self.chances(outputs)

    def values(self, outputs: Tensor) -> Tensor:
        return outputs[:, -1]

    def state_dict(self) -> dict:
        return self.descent.state_dict() | {"table": self.table.state_dict() if self.table else None}

    def load_state_dict(self, state: dict) -> None:
        self.descent.load_state_dict(state)
        if state["table"]:
            self.table = Table(self.spec.game, self.settings.environments)
            self.table.load_state_dict(state["table"])


def advantages(
    rewards: np.ndarray, values: np.ndarray, made: np.ndarray, ended: np.ndarray, discount: float, trace: float
) -> np.ndarray:
    """How much better than expected each move turned out: Schulman et al. 2016, equation 16.

    Arguments: `rewards`, `made` (whether there was a move) and `ended` (whether the game came to its end with it), each
    `(moves, games)`; `values` `(moves + 1, games)`, of the situation before each move and after the last.
    Where no move was made an episode was over, and the value there is that of its last situation.
    """
    found, later = np.zeros_like(rewards), np.zeros(rewards.shape[1], rewards.dtype)
    for t in range(len(rewards) - 1, -1, -1):
        surprise = rewards[t] + discount * values[t + 1] * ~ended[t] - values[t]
        later = np.where(made[t], surprise + discount * trace * later, 0)
        found[t] = later
    return found
