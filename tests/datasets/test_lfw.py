"""Labeled Faces in the Wild: downloaded by scikit-learn, from a server on this machine."""

import hashlib
import io
import tarfile

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import _lfw
from sklearn.datasets._base import RemoteFileMetadata

from core.datasets import lfw
from core.datasets.lfw import LFWFaces
from core.errors import UserError


def jpeg(shade: int) -> bytes:
    held = io.BytesIO()
    Image.fromarray(np.full((250, 250, 3), shade, np.uint8)).save(held, "JPEG")
    return held.getvalue()


@pytest.fixture
def faces():
    return LFWFaces(LFWFaces.Settings.model_construct(side=32, pictures=150))


@pytest.fixture
def small(server, monkeypatch, empty):
    """A server with 210 pictures of one person, grey from 20 to 229 in the order of their names."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for i in range(210):
            picture = jpeg(20 + i)
            member = tarfile.TarInfo(f"lfw_funneled/Somebody/Somebody_{i + 1:04}.jpg")
            member.size = len(picture)
            archive.addfile(member, io.BytesIO(picture))
    server.files["/lfw.tgz"] = packed.getvalue()
    server.files["/pairs.txt"] = b"10 300\n"

    def remote(path, name):
        return RemoteFileMetadata(name, server.address + path, hashlib.sha256(server.files["/" + path]).hexdigest())

    monkeypatch.setattr(_lfw, "FUNNELED_ARCHIVE", remote("lfw.tgz", "lfw-funneled.tgz"))
    monkeypatch.setattr(_lfw, "TARGETS", [remote("pairs.txt", "pairs.txt")])
    monkeypatch.setattr(lfw, "_PICTURES", 210)
    monkeypatch.setattr(lfw, "_LOOKED_AT", 20)
    return server


def test_it_is_fetched_found_and_split_in_the_order_of_names(faces, small):
    assert faces.availability().fetchable
    faces.fetch(lambda done, total: None)
    assert faces.availability().ready
    data = faces.load()
    shades = [split.inputs.float().mean((1, 2, 3)).round().tolist() for split in (data.train, data.validation, data.test)]
    assert shades[1] == list(range(190, 210)) and shades[2] == list(range(210, 230))
    assert (shades[0][0], shades[0][-1], len(shades[0])) == (20, 189, 150)


def test_without_network_it_says_so_in_one_sentence(faces, small, monkeypatch, nowhere):
    monkeypatch.setattr(_lfw, "TARGETS", [RemoteFileMetadata("pairs.txt", nowhere, "0")])
    with pytest.raises(UserError, match="could not be downloaded: check the network") as error:
        faces.fetch(lambda done, total: None)
    assert "\n" not in str(error.value)


def test_an_archive_that_was_changed_on_the_way_is_not_taken(faces, small):
    small.files["/lfw.tgz"] += b"more"
    with pytest.raises(UserError, match="could not be downloaded"):
        faces.fetch(lambda done, total: None)
    assert not faces.availability().ready


def test_missing_and_damaged_pictures_are_noticed(faces, small, empty):
    faces.fetch(lambda done, total: None)
    picture = empty / "lfw_home" / "lfw_funneled" / "Somebody" / "Somebody_0001.jpg"
    picture.write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"Somebody_0001.jpg is damaged: delete .*lfw_funneled and"):
        faces.load()
    picture.unlink()
    with pytest.raises(UserError, match="has 209 pictures instead of 210"):
        faces.load()


def test_what_is_not_there_is_not_loaded(faces, empty):
    with pytest.raises(UserError, match="is not on disk"):
        faces.load()
