"""A number told of a series: the mean squared error, and the share of series that are missed by more than 0.04 (Hochreiter
and Schmidhuber 1997, experiment 4)."""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from core.catalog import DataSpec, task
from core.datasets.base import Batch, Data, Split
from core.tasks.base import Preview, SupervisedTask, chosen
from core.tasks.pictures import against

MISSED = 0.04  # off by more than this, a sequence counts as wrong
SHOWN = 300  # points of a preview


@task(
    "sequence_regression",
    title="Sequence regression",
    year=1997,
    people="Sepp Hochreiter, Jürgen Schmidhuber",
    paper="Long short-term memory",
    url="https://doi.org/10.1162/neco.1997.9.8.1735",
    beginner="Read a long row of numbers step by step, and tell one number at its end, such as the sum of two that were "
    "marked. It has to be kept exactly, not just roughly.",
    expert="Mean squared error. The sequence error rate is the share of sequences that are off by more than 0.04, which is "
    "what experiment 4 of the paper counts.",
)
class SequenceRegression(SupervisedTask):
    """Model: series `(batch, length, numbers)` to `(batch, 1)`."""

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        return None if spec.kind == "series" else "sequence regression needs series of numbers."

    def model_input(self, batch: Batch) -> Tensor:
        return batch.inputs

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        guesses = self.model(batch.inputs)[:, 0].float()  # (batch,)
        return F.mse_loss(guesses, batch.targets), measured(guesses.detach(), batch.targets)

    def guesses(self, split: Split) -> Tensor:
        """What the model says of each series of a split, float32 `(n,)` on the CPU."""
        with torch.no_grad(), self.autocast():
            return torch.cat([self.model(batch.inputs)[:, 0] for batch in split.batches(1000, self.device)]).float().cpu()

    def evaluate(self, split: Split) -> dict[str, float]:
        guesses, targets = self.guesses(split), split.targets.cpu()
        return {"loss": F.mse_loss(guesses, targets).item()} | {
            name: value.item() for name, value in measured(guesses, targets).items()}

    def previews(self, data: Data) -> Iterable[Preview]:
        yield self._told("told_and_true", data.validation)

    def report(self, data: Data) -> Iterable[Preview]:
        yield self._told("test_told_and_true", data.test)

    def _told(self, name: str, split: Split) -> Preview:
        index = chosen(split, SHOWN)
        some = Split(split.inputs[index.to(split.inputs.device)], split.targets[index.to(split.targets.device)])
        true, told = some.targets.cpu(), self.guesses(some)
        wrong = (told - true).abs() > MISSED
        return Preview(name, against(true.numpy(), told.numpy(), wrong.numpy()), {
            "index": index.tolist(), "true": [round(value, 4) for value in true.tolist()],
            "told": [round(value, 4) for value in told.tolist()]})


def measured(guesses: Tensor, targets: Tensor) -> dict[str, Tensor]:
    """Measures of guesses `(n,)` beside the loss."""
    off = (guesses - targets).abs()
    return {"mean_absolute_error": off.mean(), "sequence_error_rate": (off > MISSED).float().mean()}
