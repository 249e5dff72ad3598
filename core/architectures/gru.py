"""The gated recurrent unit: Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder for statistical
machine translation", section 2.3."""

import torch
from torch import Tensor, nn

from core.architectures.recurrent import SPAN, Cell, Recurrent, kept
from core.catalog import architecture


@architecture(
    "gru",
    title="GRU",
    year=2014,
    people="Kyunghyun Cho, Bart van Merriënboer, Çağlar Gülçehre, Dzmitry Bahdanau, Fethi Bougares, Holger Schwenk, "
    "Yoshua Bengio",
    paper="Learning phrase representations using RNN encoder-decoder for statistical machine translation",
    url="https://arxiv.org/abs/1406.1078",
    tasks=("text_classification", "sequence_classification", "sequence_regression", "language_modelling"),
    beginner="The LSTM made simpler. One gate says how much of the memory is replaced by something new, another how much of "
    "the old is looked at while the new is made.",
    expert="Update gate z, reset gate r: h = (1 − z)·n + z·h with n = tanh(W x + r·(U h + b)), the reset after the product "
    "as in cuDNN. Three quarters of an LSTM's parameters.",
)
class GRU(Recurrent):
    class Settings(Recurrent.Settings):
        span: int = SPAN

    @torch.no_grad()
    def cell(self, numbers: int, width: int) -> Cell:
        cell = GRUCell(numbers, width, batch_first=True)
        cell.orthogonal()
        cell.bias_ih_l0.split(width)[1].copy_(kept(width, self.span()))  # torch's order: reset, update, new
        return cell


class GRUCell(nn.GRU, Cell):
    def steps(self, inputs: Tensor) -> dict[str, Tensor]:
        state = inputs.new_zeros(self.hidden_size)
        seen: dict[str, list[Tensor]] = {}
        for sums in inputs @ self.weight_ih_l0.T + self.bias_ih_l0:  # (3 × width,)
            read_reset, read_update, read_new = sums.chunk(3)
            held_reset, held_update, held_new = (self.weight_hh_l0 @ state + self.bias_hh_l0).chunk(3)
            reset, keep = (read_reset + held_reset).sigmoid(), (read_update + held_update).sigmoid()
            candidate = (read_new + reset * held_new).tanh()
            state = (1 - keep) * candidate + keep * state
            for name, values in {"reset gate": reset, "update gate": keep, "candidate": candidate, "state": state}.items():
                seen.setdefault(name, []).append(values)
        return {name: torch.stack(values) for name, values in seen.items()}
