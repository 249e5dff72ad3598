"""The simple recurrent network: Elman 1990, "Finding structure in time"."""

from typing import Literal

import torch
from torch import Tensor, nn

from core.architectures.recurrent import Cell, Recurrent
from core.catalog import architecture
from core.experiment import setting


@architecture(
    "elman",
    title="Recurrent network",
    year=1990,
    people="Jeffrey Elman",
    paper="Finding structure in time",
    url="https://doi.org/10.1207/s15516709cog1402_1",
    tasks=("text_classification", "sequence_classification", "sequence_regression", "language_modelling"),
    beginner="It reads one word after the other, and each time mixes what it reads with its own state of a moment ago: a "
    "memory. But a state that is mixed anew at every word soon forgets how the sentence began.",
    expert="h = tanh(W x + U h + b). Trained through all steps (Werbos 1990) and not, as in the "
    "paper, with the state of before as a mere input. The gradient that reaches back shrinks or bursts with every step "
    "(Bengio, Simard and Frasconi 1994).",
)
class Elman(Recurrent):
    class Settings(Recurrent.Settings):
        activation: Literal["tanh", "relu"] = setting("tanh", "The bend of the state; relu keeps more, and bursts sooner.")
        start: Literal["uniform", "orthogonal"] = setting(
            "uniform", "Recurrent weights at the start: small at random, as was usual, which forgets fast; or a mere turn "
            "of the state, which keeps it."
        )

    def cell(self, numbers: int, width: int) -> Cell:
        cell = ElmanCell(numbers, width, nonlinearity=self.settings.activation, batch_first=True)
        if self.settings.start == "orthogonal":
            cell.orthogonal()
        return cell


class ElmanCell(nn.RNN, Cell):
    def steps(self, inputs: Tensor) -> dict[str, Tensor]:
        bend = {"tanh": torch.tanh, "relu": torch.relu}[self.nonlinearity]
        state, states = inputs.new_zeros(self.hidden_size), []
        for sums in inputs @ self.weight_ih_l0.T + self.bias_ih_l0 + self.bias_hh_l0:  # (width,)
            state = bend(sums + self.weight_hh_l0 @ state)
            states.append(state)
        return {"state": torch.stack(states)}
