"""torchvision's sets: small ones in each one's own format, downloaded from a server on this machine."""

import bz2
import gzip
import hashlib
import io
import pickle
import struct
import tarfile
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat
from torchvision import datasets as torchvision_datasets

from core import catalog
from core.datasets.torchvision_set import TorchvisionSet
from core.errors import UserError
from core.home import home

SETS = [name for name, cls in catalog.entries("dataset").items() if issubclass(cls, TorchvisionSet)]


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def idx(values: np.ndarray) -> bytes:
    kind = {"uint8": 8, "int32": 12}[values.dtype.name]
    head = struct.pack(f">{values.ndim + 1}i", 256 * kind + values.ndim, *values.shape)
    return gzip.compress(head + values.astype(values.dtype.newbyteorder(">")).tobytes())


def tar(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return held.getvalue()


def mat(**values: np.ndarray) -> bytes:
    held = io.BytesIO()
    savemat(held, values)
    return held.getvalue()


def jpeg(level: int, width: int = 60, height: int = 40) -> bytes:
    held = io.BytesIO()
    Image.new("L", (width, height), level).save(held, "JPEG")
    return held.getvalue()


class Small:
    """Puts a small set of the name onto the server and lets torchvision and the catalogue know of it. Picture `i` of a split
    is all of the grey level `LEVEL + i`, and its class is `i` modulo the number of classes."""

    LEVEL = 40

    def __init__(self, name, server, monkeypatch):
        self.server, self.patch = server, monkeypatch
        cls = catalog.get("dataset", name)
        self.dataset = cls(cls.Settings())
        self.classes = len(cls.classes)
        self.held_out = 2 * self.classes if cls.of_each_class or name == "flowers102" else 3
        self.count = {"train": 4 * self.classes, "test": self.classes + 1}
        sizes = {"train": self.count["train"] - self.held_out, "validation": self.held_out, "test": self.count["test"]}
        if name == "flowers102":
            sizes["train"] = self.count["train"]
        monkeypatch.setattr(cls, "sizes", sizes)
        if cls.of_each_class:
            monkeypatch.setattr(cls, "of_each_class", 2)
        getattr(self, name.replace("-", "_"))()

    def levels(self, split):
        return [(self.LEVEL + i) % 256 for i in range(self.count[split])]

    def labels(self, split, first=0):
        return np.array([first + i % self.classes for i in range(self.count[split])], np.uint8)

    def pictures(self, split, *shape):
        return np.stack([np.full(shape, level, np.uint8) for level in self.levels(split)])

    def serve(self, path, content):
        self.server.files[f"/{path}"] = content
        return md5(content)

    def mnist(self, kind=torchvision_datasets.MNIST):
        resources = []
        for own, split in (("train", "train"), ("t10k", "test")):
            for part, values in (("images-idx3", self.pictures(split, 28, 28)), ("labels-idx1", self.labels(split))):
                resources.append((f"{own}-{part}-ubyte.gz", self.serve(f"{own}-{part}-ubyte.gz", idx(values))))
        self.patch.setattr(kind, "mirrors", [self.server.address])
        self.patch.setattr(kind, "resources", resources)

    def fashion_mnist(self):
        self.mnist(torchvision_datasets.FashionMNIST)

    def kmnist(self):
        self.mnist(torchvision_datasets.KMNIST)

    def qmnist(self):
        resources = {}
        for split in ("train", "test"):
            labels = np.zeros((self.count[split], 8), np.int32)
            labels[:, 0] = self.labels(split)
            files = {"images-idx3-ubyte": self.pictures(split, 28, 28), "labels-idx2-int": labels}
            names = {f"qmnist-{split}-{part}.gz": idx(values) for part, values in files.items()}
            resources[split] = [(self.server.address + name, self.serve(name, packed)) for name, packed in names.items()]
        self.patch.setattr(torchvision_datasets.QMNIST, "resources", resources)

    def emnist_letters(self):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            for split in ("train", "test"):
                pictures = self.pictures(split, 28, 28)
                pictures[:, 0, 27] = 255  # transposed: at the lower left of the upright letter
                archive.writestr(f"gzip/emnist-letters-{split}-images-idx3-ubyte.gz", idx(pictures))
                archive.writestr(f"gzip/emnist-letters-{split}-labels-idx1-ubyte.gz", idx(self.labels(split, first=1)))
        self.patch.setattr(torchvision_datasets.EMNIST, "md5", self.serve("gzip.zip", held.getvalue()))
        self.patch.setattr(torchvision_datasets.EMNIST, "url", self.server.address + "gzip.zip")

    def usps(self):
        found = {}
        for split, name in (("train", "usps.bz2"), ("test", "usps.t.bz2")):
            lines = (
                f"{label} " + " ".join(f"{i + 1}:{(level + 0.01) / 127.5 - 1:.6f}" for i in range(256))
                for label, level in zip(self.labels(split, first=1), self.levels(split), strict=True)
            )
            found[split] = [self.server.address + name, name, self.serve(name, bz2.compress("\n".join(lines).encode()))]
        self.patch.setattr(torchvision_datasets.USPS, "split_list", found)

    def svhn(self):
        found = {}
        for split in ("train", "test"):
            name, labels = f"{split}_32x32.mat", self.labels(split)
            labels[labels == 0] = 10
            content = mat(X=self.pictures(split, 32, 32, 3).transpose(1, 2, 3, 0), y=labels[:, None])
            found[split] = [self.server.address + name, name, self.serve(name, content)]
        self.patch.setattr(torchvision_datasets.SVHN, "split_list", found)

    def cifar10(self, kind=torchvision_datasets.CIFAR10, names=("data_batch_1", "test_batch"), labels="labels"):
        files = {
            name: pickle.dumps({"data": self.pictures(split, 3072), labels: self.labels(split).tolist()})
            for split, name in zip(("train", "test"), names, strict=True)
        }
        files[kind.meta["filename"]] = pickle.dumps({kind.meta["key"]: list("abc")})
        packed = tar({f"{kind.base_folder}/{name}": content for name, content in files.items()})
        self.patch.setattr(kind, "url", self.server.address + kind.filename)
        self.patch.setattr(kind, "tgz_md5", self.serve(kind.filename, packed))
        self.patch.setattr(kind, "train_list", [[names[0], md5(files[names[0]])]])
        self.patch.setattr(kind, "test_list", [[names[1], md5(files[names[1]])]])
        self.patch.setattr(kind, "meta", kind.meta | {"md5": md5(files[kind.meta["filename"]])})

    def cifar100(self):
        self.cifar10(torchvision_datasets.CIFAR100, ("train", "test"), "fine_labels")

    def stl10(self):
        kind = torchvision_datasets.STL10
        files = {"unlabeled_X.bin": b""}
        for split in ("train", "test"):
            files[f"{split}_X.bin"] = self.pictures(split, 3 * 96 * 96).tobytes()
            files[f"{split}_y.bin"] = self.labels(split, first=1).tobytes()
        packed = tar({f"stl10_binary/{name}": content for name, content in files.items()})
        self.patch.setattr(kind, "url", self.server.address + kind.filename)
        self.patch.setattr(kind, "tgz_md5", self.serve(kind.filename, packed))
        for key in ("train_list", "test_list"):
            self.patch.setattr(kind, key, [[name, md5(files[name])] for name, _ in getattr(kind, key)])

    def flowers102(self):
        kind, numbers, last = torchvision_datasets.Flowers102, {}, 0
        files, labels = {}, []
        self.count["validation"] = self.held_out
        for split, own in (("train", "trnid"), ("validation", "valid"), ("test", "tstid")):
            numbers[own] = np.arange(last + 1, last + self.count[split] + 1)
            for number, level in zip(numbers[own], self.levels(split), strict=True):
                files[f"jpg/image_{number:05d}.jpg"] = jpeg(level)
            labels += self.labels(split, first=1).tolist()
            last = numbers[own][-1]
        sent = {"image": ("102flowers.tgz", tar(files)), "label": ("imagelabels.mat", mat(labels=np.array([labels]))),
                "setid": ("setid.mat", mat(**numbers))}
        self.patch.setattr(kind, "_download_url_prefix", self.server.address)
        self.patch.setattr(kind, "_file_dict", {key: (name, self.serve(name, x)) for key, (name, x) in sent.items()})

    def oxford_pets(self):
        pictures, lists = {}, {}
        names = [name.replace(" ", "_") for name in self.dataset.classes]
        for split, own in (("train", "trainval"), ("test", "test")):
            lines = []
            for i, (label, level) in enumerate(zip(self.labels(split), self.levels(split), strict=True)):
                pictures[f"images/{names[label]}_{split}{i}.jpg"] = jpeg(level)
                lines.append(f"{names[label]}_{split}{i} {label + 1} 1 1")
            lists[f"annotations/{own}.txt"] = "\n".join(lines).encode()
        sent = {"images.tar.gz": tar(pictures), "annotations.tar.gz": tar(lists)}
        resources = tuple((self.server.address + name, self.serve(name, packed)) for name, packed in sent.items())
        self.patch.setattr(torchvision_datasets.OxfordIIITPet, "_RESOURCES", resources)

    def imagenette(self):
        kind, files = torchvision_datasets.Imagenette, {}
        names = sorted(kind._WNID_TO_CLASS)
        for split, own in (("train", "train"), ("test", "val")):
            for i, (label, level) in enumerate(zip(self.labels(split), self.levels(split), strict=True)):
                files[f"imagenette2-160/{own}/{names[label]}/{i:04d}.jpeg"] = jpeg(level)
        name = "imagenette2-160.tgz"
        self.patch.setattr(kind, "_ARCHIVES", {"160px": (self.server.address + name, self.serve(name, tar(files)))})


@pytest.fixture(params=SETS)
def small(request, server, monkeypatch):
    return Small(request.param, server, monkeypatch)


def test_it_is_fetched_found_and_split_as_its_card_says(small, empty):
    dataset = small.dataset
    assert not dataset.availability().ready and dataset.availability().fetchable
    told = []
    dataset.fetch(lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (sum(map(len, small.server.files.values())), dataset.megabytes * 1_000_000)
    assert dataset.availability().ready
    assert [path.name for path in empty.iterdir() if path.name != ".fetch"] == [dataset.marker[0]]

    data = dataset.load()
    spec = dataset.spec()
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    assert {name: tuple(part.inputs.shape) for name, part in parts.items()} == {
        name: (size, *spec.shape) for name, size in spec.sizes.items()}
    for part in parts.values():
        assert part.inputs.dtype == torch.uint8 and part.targets.dtype == torch.int64
        assert set(part.targets.tolist()) <= set(range(small.classes))
    # Each picture kept its class, whatever the order (Imagenette's is by class).
    levels = data.test.inputs[:, 0, spec.shape[1] // 2, spec.shape[2] // 2].tolist()
    pairs = zip(small.levels("test"), small.labels("test").tolist(), strict=True)
    assert sorted(zip(levels, data.test.targets.tolist(), strict=True)) == sorted(pairs)
    if dataset.of_each_class:
        assert data.validation.targets.bincount().tolist() == [2] * small.classes


def test_without_network_it_says_so_in_one_sentence(small, empty):
    small.server.files.clear()
    with pytest.raises(UserError, match="could not be downloaded: check the network, or copy the") as error:
        small.dataset.fetch(lambda done, total: None)
    assert "\n" not in str(error.value) and not small.dataset.availability().ready


def test_a_download_that_breaks_goes_on_where_it_stopped(small, empty):
    longest = max(small.server.files, key=lambda path: len(small.server.files[path]))
    half = len(small.server.files[longest]) // 2
    small.server.cut.add(longest)
    with pytest.raises(UserError, match="could not be downloaded"):
        small.dataset.fetch(lambda done, total: None)
    assert not small.dataset.availability().ready
    small.server.cut.clear()
    small.server.asked.clear()
    small.dataset.fetch(lambda done, total: None)
    assert (longest, f"bytes={half}-") in small.server.asked
    assert small.dataset.availability().ready and len(small.dataset.load().test) == small.count["test"]


def test_a_file_with_another_checksum_is_thrown_away_and_asked_for_again(small, empty):
    longest = max(small.server.files, key=lambda path: len(small.server.files[path]))
    right, small.server.files[longest] = small.server.files[longest], b"something else"
    with pytest.raises(UserError, match="could not be downloaded"):
        small.dataset.fetch(lambda done, total: None)
    assert not small.dataset.availability().ready
    small.server.files[longest] = right
    small.dataset.fetch(lambda done, total: None)
    assert small.dataset.availability().ready


def test_what_a_killed_process_half_unpacked_is_not_taken_for_the_set(small, empty):
    half = empty / ".fetch" / small.dataset.card.name / "unpacked" / small.dataset.marker[0]
    half.mkdir(parents=True)
    (half / "images").mkdir()
    assert not small.dataset.availability().ready
    small.dataset.fetch(lambda done, total: None)
    assert len(small.dataset.load().test) == small.count["test"]


def test_a_set_that_is_not_whole_is_named(small, empty):
    small.dataset.fetch(lambda done, total: None)
    small.patch.setattr(type(small.dataset), "sizes", small.dataset.sizes | {"test": 12_345})
    with pytest.raises(UserError, match="not whole: delete that folder"):
        small.dataset.load()


@pytest.mark.parametrize("name", ["flowers102", "oxford-pets", "imagenette"])
def test_photographs_are_read_once_for_each_size(name, server, monkeypatch, empty):
    small = Small(name, server, monkeypatch)
    small.dataset.fetch(lambda done, total: None)
    first = small.dataset.load()
    kept = sorted((home() / "cache").iterdir())
    monkeypatch.setattr(type(small.dataset), "open", None)  # not called again
    assert small.dataset.load().digest == first.digest
    assert sorted((home() / "cache").iterdir()) == kept
    with pytest.raises(UserError, match="damaged"):  # another size has to be read
        type(small.dataset)(small.dataset.Settings(side=32)).load()


def test_letters_are_turned_upright(server, monkeypatch, empty):
    small = Small("emnist-letters", server, monkeypatch)
    small.dataset.fetch(lambda done, total: None)
    assert (small.dataset.load().test.inputs[:, 0, 27, 0] == 255).all()
