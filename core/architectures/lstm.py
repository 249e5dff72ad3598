"""Hochreiter and Schmidhuber 1997, "Long short-term memory", with the forget gate of Gers, Schmidhuber and Cummins 2000,
"Learning to forget"."""

import torch

from core.architectures.recurrent import SPAN, Cell, LSTMCell, Recurrent, kept
from core.catalog import architecture


@architecture(
    "lstm",
    title="LSTM",
    year=1997,
    people="Sepp Hochreiter, Jürgen Schmidhuber",
    paper="Long short-term memory",
    url="https://doi.org/10.1162/neco.1997.9.8.1735",
    tasks=("text_classification", "sequence_classification", "sequence_regression", "language_modelling",
           "question_answering"),
    beginner="A recurrent network with a notebook. At every word small gates decide what is written into it, what is kept, "
    "and what is read out; what nobody overwrites stays, however long the sentence is.",
    expert="Cells c = f·c + i·g under input, forget and output gates; state h = o·tanh(c). Without peepholes. The forget "
    "gates start with a bias of 1 (Jozefowicz, Zaremba and Sutskever 2015), or with one for the span to be remembered, and "
    "the input gates with its opposite (Tallec and Ollivier 2018).",
)
class LSTM(Recurrent):
    class Settings(Recurrent.Settings):
        span: int = SPAN

    @torch.no_grad()
    def cell(self, numbers: int, width: int) -> Cell:
        cell, span = LSTMCell(numbers, width, batch_first=True), self.span()
        cell.orthogonal()
        let_in, keep, *_ = cell.bias_ih_l0.split(width)  # torch's order: input, forget, candidate, output
        keep.copy_(kept(width, span))
        if span:
            let_in.copy_(-keep)
        return cell
