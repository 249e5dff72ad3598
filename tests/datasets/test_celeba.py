"""CelebA: downloaded by torchvision, whose way to Google Drive is replaced by files made here."""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import celeba as torchvision_celeba

from core.datasets import celeba
from core.datasets.celeba import CelebA
from core.errors import UserError


@pytest.fixture
def faces(monkeypatch):
    monkeypatch.setattr(celeba, "_LOOKED_AT", 2)
    return CelebA(CelebA.Settings.model_construct(side=32, pictures=3))


@pytest.fixture
def drive(monkeypatch, empty):
    """Google Drive with nine grey pictures: five to train with, two to validate, two to test."""
    names = [f"{i:06}.jpg" for i in range(1, 10)]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for i, name in enumerate(names):
            held = io.BytesIO()
            Image.fromarray(np.full((218, 178, 3), 10 * (i + 1), np.uint8)).save(held, "JPEG")
            archive.writestr(f"img_align_celeba/{name}", held.getvalue())

    def table(header: str, row: str) -> bytes:
        return (header + "".join(f"{name} {row}\n" for name in names)).encode()

    files = {
        "img_align_celeba.zip": packed.getvalue(),
        "list_attr_celeba.txt": table("9\nBald Smiling\n", "-1 1"),
        "identity_CelebA.txt": table("", "1"),
        "list_bbox_celeba.txt": table("9\nimage_id x_1 y_1 width height\n", "1 2 3 4"),
        "list_landmarks_align_celeba.txt": table("9\nlefteye_x lefteye_y\n", "1 2"),
        "list_eval_partition.txt": "".join(map("{} {}\n".format, names, "000001122")).encode(),
    }
    monkeypatch.setattr(
        torchvision_celeba.CelebA, "file_list",
        [(name, hashlib.md5(content).hexdigest(), name) for name, content in files.items()],
    )

    def download(file_id, root, filename, md5):
        Path(root).mkdir(parents=True, exist_ok=True)
        (Path(root) / filename).write_bytes(files[file_id])

    monkeypatch.setattr(torchvision_celeba, "download_file_from_google_drive", download)
    return files


def test_it_is_fetched_and_split_as_its_own_file_says(faces, drive):
    assert faces.availability().fetchable
    faces.fetch(lambda done, total: None)
    assert faces.availability().ready
    data = faces.load()
    shades = [split.inputs.float().mean((1, 2, 3)).round().tolist() for split in (data.train, data.validation, data.test)]
    assert shades == [[10, 20, 30], [60, 70], [80, 90]]


def test_what_google_drive_refuses_is_one_sentence(faces, empty, monkeypatch):
    def refuse(*_):
        raise RuntimeError("Too many users have viewed this file.\nTry again later.")

    monkeypatch.setattr(torchvision_celeba, "download_file_from_google_drive", refuse)
    with pytest.raises(UserError, match=r"CelebA could not be downloaded: .*Too many users have viewed this file") as error:
        faces.fetch(lambda done, total: None)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["000002.jpg", "../list_eval_partition.txt"])
def test_damage_is_noticed(faces, drive, empty, name):
    faces.fetch(lambda done, total: None)
    (empty / "celeba" / "img_align_celeba" / name).write_bytes(b"no such thing")
    with pytest.raises(UserError, match="celeba is damaged: delete it"):
        faces.load()


def test_what_is_not_there_is_not_loaded(faces, empty):
    with pytest.raises(UserError, match="CelebA is not on disk"):
        faces.load()
