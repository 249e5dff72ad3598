"""A number told of a series."""

import pytest
import torch
from sklearn.metrics import mean_absolute_error, mean_squared_error

from core.catalog import DataSpec
from core.datasets.base import Batch, Data, Split
from core.experiment import Training
from core.tasks.sequence_regression import SequenceRegression


class LastOnly(torch.nn.Module):
    """Tells the first number of the last step."""

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(1))

    def forward(self, series: torch.Tensor) -> torch.Tensor:
        return self.scale * series[:, -1, :1]


@pytest.fixture
def task() -> SequenceRegression:
    spec = DataSpec(kind="series", shape=(3, 2), sizes={"train": 5})
    return SequenceRegression(SequenceRegression.Settings(), Training(), spec, LastOnly())


def test_a_sequence_is_wrong_that_is_off_by_more_than_the_paper_s_limit(task):
    inputs = torch.zeros(5, 3, 2)
    targets = torch.tensor([0.0, 0.039, -0.041, 0.5, -0.039])
    found = task.evaluate(Split(inputs, targets))
    assert found["sequence_error_rate"] == pytest.approx(2 / 5)
    loss, measures = task.loss(Batch(inputs, targets))
    assert loss.item() == pytest.approx(found["loss"]) and measures["sequence_error_rate"].item() == pytest.approx(2 / 5)


def test_errors_are_scikit_learns(task):
    inputs, targets = torch.rand(2500, 3, 2), torch.rand(2500)  # more than are asked at once
    found = task.evaluate(Split(inputs, targets))
    assert found["loss"] == pytest.approx(mean_squared_error(targets, inputs[:, -1, 0]), rel=1e-5)
    assert found["mean_absolute_error"] == pytest.approx(mean_absolute_error(targets, inputs[:, -1, 0]), rel=1e-5)


def test_a_preview_holds_what_was_told_of_each_sequence_beside_what_is_true(task):
    split = Split(torch.rand(7, 3, 2), torch.rand(7))
    preview, = task.previews(Data(task.spec, split, split, split, "drawn"))
    assert preview.data["true"] == pytest.approx(split.targets.tolist(), abs=1e-4)
    assert preview.data["told"] == pytest.approx(split.inputs[:, -1, 0].tolist(), abs=1e-4)
