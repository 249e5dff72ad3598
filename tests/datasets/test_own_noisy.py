"""Noisy pictures and the same without noise, brought by a person."""

import io
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from core import catalog
from core.datasets import own
from core.datasets.base import Batch
from core.errors import UserError
from core.experiment import Experiment
from core.tasks.likeness import psnr
from core.training.setup import build_model, build_task


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_HOME", str(tmp_path / "home"))


@pytest.fixture
def packed(tmp_path):
    """`packed(pairs)` writes clean and noisy pictures, uint8 `(height, width)`, by name into a zip."""

    def write(pairs):
        path = tmp_path / "mine.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, sides in pairs.items():
                for folder, picture in zip(("Clean", "noisy"), sides, strict=True):
                    held = io.BytesIO()
                    Image.fromarray(picture).save(held, "PNG")
                    archive.writestr(f"photographs/{folder}/{name}.png", held.getvalue())
        return path

    return write


def pairs(count=12, height=40, width=70):
    """The noisy one is the clean one, ten levels brighter."""
    drawn = np.random.default_rng(0).integers(0, 200, (count, height, width), np.uint8)
    return {str(i): (clean, clean + 10) for i, clean in enumerate(drawn)}


def examined(path, **changes):
    return own.examine(own.propose(path).source.model_copy(update=changes))


def test_pictures_of_one_name_are_cut_alike_and_stand_on_one_side(packed):
    proposal = own.propose(packed(pairs()))
    assert (proposal.source.kind, proposal.source.grey) == ("noisy", True)
    data = own.examine(proposal.source.model_copy(update={"side": 32})).data
    assert data.spec.paired and data.spec.shape == (1, 32, 32)
    assert data.spec.sizes == {"train": 60, "validation": 6, "test": 6}  # 2 × 3 squares of each picture
    for split in (data.train, data.validation, data.test):
        assert torch.equal(split.inputs, split.targets + 10)


def test_what_can_t_be_used_is_said(packed):
    odd = pairs() | {"odd": (np.zeros((40, 70), np.uint8), np.zeros((40, 71), np.uint8))}
    path = packed(odd)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("photographs/noisy/alone.png", b"no picture")
    first = examined(path, side=32)
    assert [found.key for found in first.broken] == ["unusable"] and "1 of the 13 pairs" in first.broken[0].sentence
    assert "alone.png" in next(found for found in first.findings if found.key == "alone").sentence
    assert not examined(path, side=32, leave_out=("unusable",)).broken
    with pytest.raises(UserError, match="too few different pictures"):
        examined(packed(pairs(2)), side=32)


def test_a_denoiser_learns_from_them_and_is_measured_on_them(packed):
    own.add("mine", "Mine", examined(packed(pairs()), side=32))
    experiment = Experiment.make("denoising", "dncnn", "mine", model={"width": 4, "depth": 3}, objective={"turn": True})
    data = catalog.get("dataset", "mine")(experiment.data).load()
    torch.manual_seed(0)
    task = build_task(experiment, data.spec, build_model(experiment, data.spec))
    task.start(10)
    task.model.noise[-1].weight.data.zero_()  # it gives back what it is given
    clean, noisy = data.test.targets / 255, data.test.inputs / 255
    assert task.step(Batch(data.test.inputs, data.test.targets))["loss"].item() == pytest.approx((10 / 255) ** 2, rel=1e-4)
    task.model.noise[-1].weight.data.zero_()
    task.model.noise[-1].bias.data.zero_()
    assert task.evaluate(data.test)["psnr"] == pytest.approx(psnr(noisy, clean).mean().item(), rel=1e-5)
    assert torch.equal(task.model_input(Batch(data.test.inputs, data.test.targets)), noisy)
