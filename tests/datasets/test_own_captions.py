"""Pictures with captions, brought by a person."""

import zipfile

import pytest
import torch

from core import catalog
from core.datasets import captioned, own, subwords
from core.datasets.base import Batch
from core.errors import UserError
from core.experiment import Experiment
from core.training.setup import build_model, build_task
from tests.captions import drawn, lines, packed


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_HOME", str(tmp_path / "home"))


def examined(path, **changes):
    return own.examine(own.propose(path).source.model_copy(update={"side": 32, "vocabulary_size": 320} | changes))


def test_a_zip_with_a_file_of_captions_is_read_as_such_and_divided_by_its_pictures(tmp_path):
    path = packed(tmp_path / "bars.zip", 30, {"captions.csv": lines(30)})
    proposal = own.propose(path)
    assert proposal.source.kind == "captioned" and "images" in proposal.forms
    data = examined(path).data
    assert data.spec.sizes == {"train": 24, "validation": 3, "test": 3} and data.spec.captions == 3
    known = {tuple(map(captioned.plain, drawn(i)[1])): drawn(i)[0] for i in range(12)}
    for image, captions in zip(data.test.inputs, data.test.targets, strict=True):
        picture = known[tuple(subwords.text(row, data.spec) for row in captions.tolist())]
        bar = torch.from_numpy(picture).permute(2, 0, 1) > 70
        assert torch.equal(image > 70, bar)


def test_what_can_t_be_used_is_said(tmp_path):
    more = "\n031.png,A bar that is not there.\n029.png,!\n030.png,!\n"
    path = packed(tmp_path / "bars.zip", 31, {"captions.txt": lines(29) + more})
    first = examined(path)
    assert [found.key for found in first.broken] == ["lacking"]
    assert "1 picture is missing or can't be read; the first is '031.png'" in first.broken[0].sentence
    assert any("2 pictures are left out, having no word" in found.sentence for found in first.findings)
    second = examined(path, leave_out=("lacking",))
    assert not second.broken and sum(second.data.spec.sizes.values()) == 29


def test_a_line_that_is_no_caption_is_named(tmp_path):
    with pytest.raises(UserError, match=r"Line 92 of 'captions\.txt' has no caption"):
        examined(packed(tmp_path / "bars.zip", 30, {"captions.txt": lines(30) + "and so on"}))


def test_added_it_loads_trains_and_is_read_by_its_settings(tmp_path):
    path = packed(tmp_path / "bars.zip", 30, {"captions.txt": lines(30)})
    own.add("bars", "Bars", examined(path))
    experiment = Experiment.make("captioning", "show-attend-tell", "bars", data={"side": 48, "length": 12},
                                 model={"channels": 4, "width": 16})
    dataset = catalog.get("dataset", "bars")(experiment.data)
    data = dataset.load()
    assert data.spec.shape == dataset.spec().shape == (3, 48, 48)
    assert data.spec.target_length == dataset.spec().target_length == 14
    task = build_task(experiment, data.spec, build_model(experiment, data.spec))
    loss, _ = task.loss(Batch(data.train.inputs[:4], data.train.targets[:4]))
    assert loss.isfinite()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("captions2.txt", "")
    assert dataset.load().digest == data.digest  # what no caption names is not part of it
