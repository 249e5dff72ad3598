"""What networks that play share: the layers that look at a game."""

from typing import Literal

from torch import nn

from core.catalog import DataSpec

SMALL = 42  # pixels: what is smaller is no screen but a board


def sight(spec: DataSpec) -> Literal["numbers", "board", "screen"]:
    """What a player sees of such a game: numbers, a board of few places (MinAtar), or a screen (Atari)."""
    return "numbers" if len(spec.shape) == 1 else "board" if spec.shape[1] < SMALL else "screen"


def epochs_of(spec: DataSpec, numbers: int, board: int, screen: int) -> int:
    """Epochs that make so many moves, by what is seen of the game."""
    moves = {"numbers": numbers, "board": board, "screen": screen}[sight(spec)]
    return max(1, round(moves / spec.sizes["train"]))


class Eyes(nn.Sequential):
    """Observations `(batch, numbers)` or `(batch, channels, height, width)` to `(batch, width)`; a `width` of 0 is the one
    that suits the game."""

    def __init__(self, spec: DataSpec, width: int, bend: type[nn.Module] = nn.ReLU):
        super().__init__()
        kind = sight(spec)
        self.width = width or (512 if kind == "screen" else 128)
        if kind == "numbers":
            layers = [nn.Linear(spec.shape[0], self.width), bend(), nn.Linear(self.width, self.width), bend()]
        elif kind == "board":
            places = (spec.shape[1] - 2) * (spec.shape[2] - 2)
            layers = [nn.Conv2d(spec.shape[0], 16, 3), bend(), nn.Flatten(), nn.Linear(16 * places, self.width), bend()]
        else:
            high, wide = (((size - 8) // 4 + 1 - 4) // 2 + 1 - 2 for size in spec.shape[1:])  # 84 -> 20 -> 9 -> 7
            layers = [
                nn.Conv2d(spec.shape[0], 32, 8, stride=4), bend(),  # (batch, 32, 20, 20) for 84×84
                nn.Conv2d(32, 64, 4, stride=2), bend(),  # (batch, 64, 9, 9)
                nn.Conv2d(64, 64, 3), bend(),  # (batch, 64, 7, 7)
                nn.Flatten(), nn.Linear(64 * high * wide, self.width), bend(),
            ]
        self.extend(layers)
