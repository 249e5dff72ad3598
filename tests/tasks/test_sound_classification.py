"""Sound classification: what padding may not change, and that it learns."""

import torch

from core.catalog import DataSpec
from core.datasets.base import Data, Split
from core.experiment import Experiment
from core.training.setup import build_model, build_task
from tests.sounds import tone

SPEC = DataSpec(kind="sounds", shape=(8000,), sizes={"train": 32, "validation": 32, "test": 32}, sample_rate=8000,
                classes=("low", "middle", "high"))


def sounds(count: int = 32) -> Split:
    """Tones of three pitches and of many lengths."""
    inputs = torch.zeros(count, 8000, dtype=torch.int16)
    for i, row in enumerate(inputs):
        heard = torch.from_numpy(tone(300 * 2 ** (i % 3) + 3 * i, 0.15 + 0.01 * i))
        row[: len(heard)] = heard
    return Split(inputs, torch.arange(count) % 3)


def made(**objective):
    torch.manual_seed(0)
    experiment = Experiment.make("sound_classification", "speech-lstm", "spoken-digit-classes", objective=objective,
                                 model={"width": 16, "depth": 1})
    task = build_task(experiment, SPEC, build_model(experiment, SPEC))
    task.start(60)
    return task


def test_an_answer_is_the_same_among_longer_recordings_as_alone():
    task, split = made(), sounds()
    task.model.eval()
    together = task.logits(split)
    assert together.shape == (32, 3)
    for i in (0, 7, 31):
        torch.testing.assert_close(task.logits(Split(split.inputs[i : i + 1, : 1200 + 80 * i])), together[i : i + 1],
                                   atol=1e-4, rtol=1e-4)


def test_it_learns_to_tell_pitches_apart_and_shows_what_it_confuses():
    task, split = made(), sounds()
    for _ in range(60):
        measures = task.step(split.take(torch.arange(32), torch.device("cpu")))
    assert measures["accuracy"] > 0.8
    task.model.eval()
    found = task.evaluate(split)
    assert found["accuracy"] == 1.0 and 0 <= found["calibration_error"] < 0.5
    data = Data(SPEC, split, split, split, "drawn")
    shown = [*task.previews(data), *task.report(data)]
    assert [preview.name for preview in shown] == ["confusion", "test_confusion"]
    assert sum(map(sum, shown[0].data["counts"])) == 32
