"""MNIST, whole, and the sets made in its image: 28×28 grey pictures in LeCun's file format, through torchvision."""

from pathlib import Path

from torchvision import datasets as torchvision_datasets

from core.catalog import dataset
from core.datasets.torchvision_set import Pair, TorchvisionSet

_DIGITS = tuple("0123456789")


class _Kin(TorchvisionSet):
    """Images `(1, 28, 28)`; the end of the training pictures is the validation split."""

    shape = (1, 28, 28)
    sizes = {"train": 55_000, "validation": 5_000, "test": 10_000}
    classes = _DIGITS
    source: type[torchvision_datasets.MNIST]
    more: dict[str, str] = {}  # that torchvision's class needs

    def download(self, folder: Path) -> None:
        for train in (True, False):
            self.source(str(folder), train=train, download=True, **self.more)

    def pair(self, folder: Path, split: str) -> Pair:
        read = self.source(str(folder), train=split == "train", download=False, **self.more)
        return read.data.unsqueeze(1), read.targets.long()  # (n, 28, 28) -> (n, 1, 28, 28)


@dataset(
    "mnist",
    title="MNIST",
    year=1998,
    people="Yann LeCun, Corinna Cortes, Christopher Burges",
    paper="Gradient-based learning applied to document recognition",
    url="https://doi.org/10.1109/5.726791",
    licence="CC BY-SA 3.0",
    beginner="70,000 handwritten digits, each a small grey picture: the first thing that most networks learn to read.",
    expert="28×28 grey; the last 5,000 of the 60,000 training pictures are the validation split; 10,000 test.",
)
class MNIST(_Kin):
    """Images `(1, 28, 28)`, ten classes."""

    source = torchvision_datasets.MNIST
    marker = ("MNIST", "raw", "train-images-idx3-ubyte")
    megabytes = 12
    mean, std = (0.1307,), (0.3081,)


@dataset(
    "fashion-mnist",
    title="Fashion-MNIST",
    year=2017,
    people="Han Xiao, Kashif Rasul, Roland Vollgraf",
    paper="Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
    url="https://arxiv.org/abs/1708.07747",
    licence="MIT",
    beginner="70,000 small grey pictures of shoes, shirts and bags from a shop's catalogue: as easy to use as MNIST, and "
    "harder to get right.",
    expert="28×28 grey, 7,000 of each class; the last 5,000 of the 60,000 training pictures are the validation split; "
    "10,000 test. Shirts, coats and pullovers are what networks confuse.",
)
class FashionMNIST(_Kin):
    """Images `(1, 28, 28)`, ten classes."""

    source = torchvision_datasets.FashionMNIST
    marker = ("FashionMNIST", "raw", "train-images-idx3-ubyte")
    megabytes = 31
    classes = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
    mean, std = (0.2860,), (0.3530,)


@dataset(
    "kmnist",
    title="Kuzushiji-MNIST",
    year=2018,
    people="Tarin Clanuwat, Mikel Bober-Irizar, Asanobu Kitamoto, Alex Lamb, Kazuaki Yamamoto, David Ha",
    paper="Deep learning for classical Japanese literature",
    url="https://arxiv.org/abs/1812.01718",
    licence="CC BY-SA 4.0",
    beginner="70,000 letters from old Japanese books, brushed in a running hand that few people can still read.",
    expert="28×28 grey; ten hiragana, each with variants that look nothing alike; the last 5,000 of the 60,000 training "
    "pictures are the validation split; 10,000 test.",
)
class KMNIST(_Kin):
    """Images `(1, 28, 28)`, ten classes."""

    source = torchvision_datasets.KMNIST
    marker = ("KMNIST", "raw", "train-images-idx3-ubyte")
    megabytes = 21
    classes = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
    mean, std = (0.1918,), (0.3483,)


@dataset(
    "qmnist",
    title="QMNIST",
    year=2019,
    people="Chhavi Yadav, Léon Bottou",
    paper="Cold case: the lost MNIST digits",
    url="https://arxiv.org/abs/1905.10498",
    licence="BSD 3-Clause",
    beginner="MNIST made again from its sources, with the 50,000 test digits that had been lost: so it can be seen how much "
    "thirty years of looking at the same 10,000 have flattered us.",
    expert="28×28 grey; the last 5,000 of the 60,000 training pictures are the validation split; all 60,000 test digits, of "
    "which the first 10,000 are MNIST's.",
)
class QMNIST(_Kin):
    """Images `(1, 28, 28)`, ten classes."""

    source = torchvision_datasets.QMNIST
    marker = ("QMNIST", "raw", "qmnist-train-images-idx3-ubyte")
    megabytes = 20
    sizes = {"train": 55_000, "validation": 5_000, "test": 60_000}
    mean, std = (0.1307,), (0.3081,)

    def pair(self, folder: Path, split: str) -> Pair:
        images, targets = super().pair(folder, split)
        return images, targets[:, 0].contiguous()  # (n, 8): the class, then writer and place in the archive -> (n,)


@dataset(
    "emnist-letters",
    title="EMNIST letters",
    year=2017,
    people="Gregory Cohen, Saeed Afshar, Jonathan Tapson, André van Schaik",
    paper="EMNIST: extending MNIST to handwritten letters",
    url="https://arxiv.org/abs/1702.05373",
    licence="None stated; made of NIST's Special Database 19, free to use",
    beginner="145,600 handwritten letters, from a to z, large and small ones taken for the same.",
    expert="28×28 grey, 26 balanced classes, turned upright (the files hold them transposed). The last 20,800 of the "
    "124,800 training pictures, as many as the test split has, are the validation split.",
)
class EMNISTLetters(_Kin):
    """Images `(1, 28, 28)`, 26 classes."""

    source = torchvision_datasets.EMNIST
    more = {"split": "letters"}
    marker = ("EMNIST", "raw", "emnist-letters-train-images-idx3-ubyte")
    megabytes = 562  # all six kinds of EMNIST come in one file
    sizes = {"train": 104_000, "validation": 20_800, "test": 20_800}
    classes = tuple("abcdefghijklmnopqrstuvwxyz")
    mean, std = (0.1722,), (0.3309,)

    def pair(self, folder: Path, split: str) -> Pair:
        images, targets = super().pair(folder, split)
        return images.transpose(2, 3).contiguous(), targets - 1  # the files count from 1
