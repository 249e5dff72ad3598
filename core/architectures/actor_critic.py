"""An actor and a critic in one: Barto, Sutton and Anderson 1983, and with deep networks Mnih et al. 2016, "Asynchronous
methods for deep reinforcement learning"; set up as Schulman et al. 2017, "Proximal policy optimization algorithms"."""

import torch
from torch import Tensor, nn

from core.architectures.base import Architecture
from core.architectures.players import Eyes, epochs_of, sight
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "actor-critic",
    title="Actor-critic",
    year=2016,
    people="Volodymyr Mnih, Adrià Puigdomènech Badia and others; Andrew Barto, Richard Sutton, Charles Anderson",
    paper="Asynchronous methods for deep reinforcement learning",
    url="https://arxiv.org/abs/1602.01783",
    tasks=("policy_gradient",),
    beginner="Two in one: the actor says how likely it makes each move, the critic how many points are still to come. If "
    "more come than the critic thought, the move was a good one, and the actor makes it more often.",
    expert="The layers of the Q-network's sizes, shared by both on boards and screens, one set for each on plain numbers; "
    "orthogonal weights at the start, small ones for the policy (Engstrom et al. 2020, \"Implementation matters\").",
)
class ActorCritic(Architecture):
    """Observations `(batch, numbers)` or `(batch, channels, height, width)`, each about of size 1, to
    `(batch, actions + 1)`: the logit of each action, and last the value of the situation."""

    takes = ("games",)

    class Settings(Settings):
        width: int = setting(0, "Units of the hidden layers before the answer; 0 takes what suits the game.", unit="units",
                             ge=0, le=4096)

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        suited = {"numbers": {"batch_size": 512, "learning_rate": 1e-3}, "board": {"learning_rate": 1e-3},
                  "screen": {"learning_rate": 2.5e-4}}[sight(spec)]
        epochs = epochs_of(spec, numbers=60_000, board=1_000_000, screen=10_000_000)
        return {"epochs": epochs, "batch_size": 1024, "schedule": "cosine", "clip_gradient": 0.5, **suited, **given}

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        self.eyes = Eyes(spec, settings.width, nn.Tanh if sight(spec) == "numbers" else nn.ReLU)
        # A value is far greater than a logit: with few numbers to see, one trunk would serve the critic alone.
        self.critics_eyes = Eyes(spec, settings.width, nn.Tanh) if sight(spec) == "numbers" else None
        self.policy, self.value = nn.Linear(self.eyes.width, len(spec.actions)), nn.Linear(self.eyes.width, 1)
        for layer in self.modules():
            if isinstance(layer, (nn.Linear, nn.Conv2d)):
                gain = {self.policy: 0.01, self.value: 1.0}.get(layer, 2**0.5)
                nn.init.orthogonal_(layer.weight, gain)
                nn.init.zeros_(layer.bias)

    def forward(self, observations: Tensor) -> Tensor:
        seen = self.eyes(observations)  # (batch, width)
        judged = seen if self.critics_eyes is None else self.critics_eyes(observations)
        return torch.cat([self.policy(seen), self.value(judged)], 1)
