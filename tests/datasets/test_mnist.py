"""MNIST: downloaded by torchvision, from a server on this machine."""

import gzip
import hashlib
import struct

import pytest
from torchvision import datasets as torchvision_datasets

from core.datasets.mnist import MNIST
from core.errors import UserError

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@pytest.fixture
def mnist():
    return MNIST(MNIST.Settings())


@pytest.fixture
def small(server, monkeypatch):
    """A server with four files in MNIST's format that hold three pictures each."""
    resources = []
    for name in NAMES:
        images = "images" in name
        raw = struct.pack(">4i", 2051, 3, 28, 28) + bytes(3 * 784) if images else struct.pack(">2i", 2049, 3) + bytes(3)
        packed = gzip.compress(raw)
        server.files[f"/{name}.gz"] = packed
        resources.append((f"{name}.gz", hashlib.md5(packed).hexdigest()))
    monkeypatch.setattr(torchvision_datasets.MNIST, "mirrors", [server.address])
    monkeypatch.setattr(torchvision_datasets.MNIST, "resources", resources)
    return server


def test_it_is_fetched_into_the_data_folder_and_then_found(mnist, small, empty):
    assert not mnist.availability().ready and mnist.availability().fetchable
    mnist.fetch(lambda done, total: None)
    assert sorted(path.name for path in (empty / "MNIST" / "raw").glob("*-ubyte")) == sorted(NAMES)
    assert mnist.availability().ready


def test_without_network_it_says_so_in_one_sentence(mnist, small, empty, monkeypatch, nowhere):
    monkeypatch.setattr(torchvision_datasets.MNIST, "mirrors", [nowhere])
    with pytest.raises(UserError, match="MNIST could not be downloaded: check the network") as error:
        mnist.fetch(lambda done, total: None)
    assert "\n" not in str(error.value)
    assert not mnist.availability().ready


def test_a_connection_that_breaks_is_noticed(mnist, small, empty):
    small.cut.add("/train-images-idx3-ubyte.gz")
    with pytest.raises(UserError, match="could not be downloaded"):
        mnist.fetch(lambda done, total: None)
    assert not mnist.availability().ready
    small.cut.clear()
    mnist.fetch(lambda done, total: None)  # and the next try mends it
    assert mnist.availability().ready


def test_a_file_that_was_changed_on_the_way_is_not_taken(mnist, small, empty):
    small.files["/train-images-idx3-ubyte.gz"] = gzip.compress(b"something else")
    with pytest.raises(UserError, match="could not be downloaded"):
        mnist.fetch(lambda done, total: None)


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_file_on_disk_is_named(mnist, small, empty, name):
    mnist.fetch(lambda done, total: None)
    path = empty / "MNIST" / "raw" / name
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(UserError, match="damaged: delete that folder"):
        mnist.load()


def test_too_few_pictures_are_not_taken_for_mnist(mnist, small, empty):
    mnist.fetch(lambda done, total: None)
    with pytest.raises(UserError, match="not whole"):
        mnist.load()


def test_what_is_not_there_is_not_loaded(mnist, empty):
    with pytest.raises(UserError, match="MNIST is not on disk"):
        mnist.load()


def test_validation_is_the_end_of_the_training_pictures(mnist, shared):
    data = mnist.load()
    whole = torchvision_datasets.MNIST(str(shared), train=True, download=False)
    assert data.validation.inputs[0, 0].equal(whole.data[55_000])
    assert data.validation.targets[-1] == whole.targets[-1]
    assert data.train.targets[:5].tolist() == [5, 0, 4, 1, 9]
