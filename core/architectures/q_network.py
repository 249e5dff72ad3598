"""Q-networks: Mnih et al. 2015, "Human-level control through deep reinforcement learning", and the duelling head of Wang et
al. 2016, "Dueling network architectures for deep reinforcement learning"."""

from torch import Tensor, nn

from core.architectures.base import Architecture
from core.architectures.players import Eyes, epochs_of, sight
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "q-network",
    title="Q-network",
    year=2015,
    people="Volodymyr Mnih, Koray Kavukcuoglu, David Silver and others",
    paper="Human-level control through deep reinforcement learning",
    url="https://doi.org/10.1038/nature14236",
    tasks=("q_learning",),
    beginner="It looks at a game and says of each move how many points are still to be won after it. Whoever knows that "
    "plays well: by always making the best move.",
    expert="Atari frames go through Mnih's three convolutions (32 8×8 of stride 4, 64 4×4 of stride 2, 64 3×3) and 512 "
    "units; MinAtar's through 16 3×3 and 128 (Young and Tian 2019); plain numbers through two layers of 128. Duelling: "
    "a value of the state, and of each action what it is better than their mean (Wang et al. 2016, equation 9).",
)
class QNetwork(Architecture):
    """Observations `(batch, numbers)` or `(batch, channels, height, width)`, each about of size 1, to the value of each
    action, `(batch, actions)`."""

    takes = ("games",)

    class Settings(Settings):
        width: int = setting(0, "Units of the hidden layers before the answer; 0 takes what suits the game.", unit="units",
                             ge=0, le=4096)
        duelling: bool = setting(False, "Tells apart how good the situation is and which move is better than the others.")

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        suited = {
            "numbers": {"batch_size": 64, "learning_rate": 5e-4, "schedule": "cosine"},
            "board": {"batch_size": 32, "learning_rate": 2.5e-4, "clip_gradient": 10.0},
            "screen": {"batch_size": 32, "learning_rate": 1e-4, "clip_gradient": 10.0},
        }[sight(spec)]
        epochs = epochs_of(spec, numbers=20_000, board=400_000, screen=1_000_000)
        return {"epochs": epochs, **suited, **given}

    @classmethod
    def objective(cls, spec: DataSpec, **given) -> dict:
        suited = {
            "numbers": {"environments": 2, "warm_up": 1000, "replay": 50_000, "target_period": 50,
                        "steps_ahead": 3, "loss": "squared"},
            "board": {"environments": 4, "warm_up": 5000, "replay": 100_000, "target_period": 500},
            "screen": {"environments": 4, "warm_up": 10_000, "replay": 100_000, "target_period": 1000, "exploration": 0.1},
        }[sight(spec)]
        return suited | given

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        self.eyes = Eyes(spec, settings.width)
        self.value = nn.Linear(self.eyes.width, 1) if settings.duelling else None
        self.advantage = nn.Linear(self.eyes.width, len(spec.actions))

    def forward(self, observations: Tensor) -> Tensor:
        seen = self.eyes(observations)  # (batch, width)
        advantage = self.advantage(seen)  # (batch, actions)
        if self.value is None:
            return advantage
        return self.value(seen) + advantage - advantage.mean(1, keepdim=True)
