"""LeNet-5 to the letter: LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document recognition",
section II.B and appendices A and B."""

import torch
from torch import Tensor, nn

from core.architectures.base import Architecture, epochs_for
from core.catalog import DataSpec, architecture
from core.experiment import Settings

# Table I: which of S2's six maps each of C3's sixteen is joined to.
JOINED = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5),
)


@architecture(
    "lenet-1998",
    title="LeNet-5 of 1998",
    year=1998,
    people="Yann LeCun, Léon Bottou, Yoshua Bengio, Patrick Haffner",
    paper="Gradient-based learning applied to document recognition",
    url="https://doi.org/10.1109/5.726791",
    tasks=("classification",),
    beginner="The network as it stood in the paper: 60,000 numbers to learn. Each map of its third layer sees only some of "
    "the maps before, so that all find different things, and an answer is how near 84 neurons come to a class's own code.",
    expert="C1, S2 and S4 with a trainable factor and bias, C3 joined as in table I, C5, F6, all squashed by 1.7159 "
    "tanh(2/3 a); the output is minus the squared distance of F6 to fixed codes of +1 and -1. The paper draws these as "
    "7×12 pictures of the characters and names random codes as the other way: here they are random. The loss is "
    "the paper's equation 9 without its rubbish class, on a sixteenth of the distances: whole, they would make softmax so "
    "sure at once that little is left to learn. The optimiser is Adam in place of the diagonal Levenberg-Marquardt.",
)
class LeNet1998(Architecture):
    """Input `(batch, channels, height, width)` of 28×28 or more, output logits `(batch, classes)`."""

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if min(spec.shape[1:]) < 28:
            return f"LeNet-5 needs pictures of at least 28×28 pixels; these are {spec.shape[1]}×{spec.shape[2]}."
        return None

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        batch_size = given.get("batch_size", 64)
        return {"epochs": max(12, epochs_for(2000, spec, batch_size)), "schedule": "cosine", "learning_rate": 2e-3, **given}

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        channels, height, width = spec.shape
        side = [(size // 2 - 4) // 2 for size in (height, width)]  # of S4: 5 for 28
        self.layers = nn.Sequential(
            # The paper pads its digits to 32×32.
            nn.Conv2d(channels, 6, 5, padding=2), Squash(),  # C1: (batch, 6, 28, 28)
            Subsampling(6), Squash(),  # S2: (batch, 6, 14, 14)
            JoinedConvolution(), Squash(),  # C3: (batch, 16, 10, 10)
            Subsampling(16), Squash(),  # S4: (batch, 16, 5, 5)
            nn.Conv2d(16, 120, side), Squash(), nn.Flatten(),  # C5: (batch, 120)
            nn.Linear(120, 84), Squash(),  # F6: (batch, 84)
            Codes(84, len(spec.classes)),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):  # appendix A: uniform within 2.4 over the number of inputs
                inputs = module.weight[0].numel()
                nn.init.uniform_(module.weight, -2.4 / inputs, 2.4 / inputs)
                nn.init.zeros_(module.bias)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)  # (batch, classes)


class Squash(nn.Module):
    """1.7159 tanh(2/3 a), which hands 1 and -1 on as they are (appendix A)."""

    def forward(self, sums: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(sums * (2 / 3))


class Subsampling(nn.Module):
    """The sum of each 2×2 block, times a factor and plus a bias of each map: `(batch, maps, height / 2, width / 2)`."""

    def __init__(self, maps: int):
        super().__init__()
        self.mean = nn.AvgPool2d(2)
        self.factor = nn.Parameter(torch.full((maps, 1, 1), 0.25))
        self.bias = nn.Parameter(torch.zeros(maps, 1, 1))

    def forward(self, maps: Tensor) -> Tensor:
        return 4 * self.mean(maps) * self.factor + self.bias


class JoinedConvolution(nn.Module):
    """C3: sixteen 5×5 convolutions, each over its own choice of the six maps: `(batch, 16, height - 4, width - 4)`."""

    def __init__(self):
        super().__init__()
        # In table I's order those over three maps come first, then those over four, then the one over all.
        self.chosen = [[i for joined in JOINED if len(joined) == size for i in joined] for size in (3, 4, 6)]
        self.parts = nn.ModuleList(
            nn.Conv2d(len(chosen), maps, 5, groups=maps) for chosen, maps in zip(self.chosen, (6, 9, 1), strict=True)
        )

    def forward(self, maps: Tensor) -> Tensor:
        return torch.cat([part(maps[:, chosen]) for part, chosen in zip(self.parts, self.chosen, strict=True)], 1)


class Codes(nn.Module):
    """Euclidean radial basis functions: minus a sixteenth of the squared distance to each class's code, `(batch, classes)`.

    Random codes are some 42 of 84 places apart, a squared distance of 168: the sixteenth of it, 10, leaves softmax a doubt.
    """

    def __init__(self, size: int, classes: int):
        super().__init__()
        draw = torch.Generator().manual_seed(0)  # the codes are part of the architecture, not of the run
        self.register_buffer("codes", torch.randint(0, 2, (classes, size), generator=draw).float() * 2 - 1)

    def forward(self, features: Tensor) -> Tensor:
        return -(features[:, None] - self.codes).square().sum(2) / 16
