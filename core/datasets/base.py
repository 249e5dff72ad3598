"""What a data set is: a source that says what it yields, where it is, and hands out three fixed splits."""

from __future__ import annotations

import hashlib
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from core.catalog import PADDING, Card, DataSpec
from core.experiment import Settings

Progress = Callable[[int, int], None]  # bytes so far, bytes in all
AHEAD = 3  # batches that are read and copied while the device works on the one before them


DTYPES = {  # of the inputs, by the spec's kind
    "images": torch.uint8, "sentences": torch.int64, "features": torch.float32, "text": torch.int64, "sounds": torch.int16,
    "pairs": torch.int64, "questions": torch.int64, "series": torch.float32, "captioned": torch.uint8,
    "games": torch.float32,
}


class Batch(NamedTuple):
    """`inputs`: uint8 `(batch, channels, height, width)`, int64 `(batch, length)`, float32 `(batch, features)` or
    `(batch, length, numbers)`, or int16 `(batch, samples)`; `targets`: int64 `(batch,)`, of a running text
    `(batch, length)`, of sounds with transcripts `(batch, letters)`, of pairs `(batch, target length)`, of questions
    `(batch, answers, 2)`, of series float32 `(batch,)`, of noisy pictures the clean ones, of captioned ones
    `(batch, captions, target length)`, or None. Of games, `inputs` are what was seen, float32 or uint8 `(batch, *shape)`,
    and `targets` float32 `(batch, 4)`: the move made, what it was worth, how much that counts, and the log chance that the
    player gave it."""

    inputs: Tensor
    targets: Tensor | None


@dataclass
class Split:
    """One split as tensors: images uint8 `(n, channels, height, width)`, tokens int64 `(n, length)`, features float32
    `(n, features)`, as they stand in the table, sounds int16 `(n, samples)`, or series float32 `(n, length, numbers)`;
    targets int64 `(n,)`, of a running text `(n, length)`, of pairs `(n, target length)`, of series float32 `(n,)`, or None.
    A sound ends with its last sample that isn't 0, and 0 follows; transcripts are targets `(n, letters)`, filled up with
    `BLANK`. Of questions they are the first and last tokens of each answer, `(n, answers, 2)`, filled up with `NOWHERE`. Of
    captioned pictures, `(n, captions, target length)`, padding where there is none."""

    inputs: Tensor
    targets: Tensor | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def to(self, device: torch.device) -> Split:
        """The split for training on a device: moved there whole where it takes at most half of the free memory, else left
        where it is, be it in a mapped file larger than the memory, so that its batches stream."""
        if device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(device)
            if self.inputs.numel() * self.inputs.element_size() > free / 2:
                return Streamed(self.inputs, self.targets)
        return Split(self.inputs.to(device), None if self.targets is None else self.targets.to(device))

    def take(self, index: Tensor, device: torch.device) -> Batch:
        """The examples at `index` (int64, on the CPU) as a batch on the device."""
        def pick(whole: Tensor) -> Tensor:
            if whole.device == device:
                return whole[index.to(device, non_blocking=True)]
            part = torch.empty((len(index), *whole.shape[1:]), dtype=whole.dtype, pin_memory=device.type == "cuda")
            return torch.index_select(whole, 0, index, out=part).to(device, non_blocking=True)

        return Batch(pick(self.inputs), None if self.targets is None else pick(self.targets))

    def grouped(self, order: Tensor, size: int) -> Sequence[Tensor]:
        """The examples in a random `order` `(n,)` as batches for one epoch, `size` in each but the last."""
        return order.split(size)

    def stream(self, indices: Iterable[Tensor], device: torch.device) -> Iterator[Batch]:
        """A batch for each of `indices`, in their order."""
        for index in indices:
            yield self.take(index, device)

    def batches(self, size: int, device: torch.device) -> Iterator[Batch]:
        """All examples once, in their own order, for evaluation."""
        yield from self.stream(torch.arange(len(self)).split(size), device)


POOL = 50  # batches among which sentences are sorted by length


class Padded(Split):
    """Sentences, or pairs of them, that are filled up with padding at their end. Those of about one length come into one
    batch, and each batch is as long as its longest: nothing is computed for padding that none of them needs."""

    def __init__(self, inputs: Tensor, targets: Tensor | None = None):
        super().__init__(inputs, targets)
        sides = [side for side in (inputs, targets) if side is not None and side.ndim == 2]
        self.lengths = torch.stack([(side != PADDING).sum(1).cpu() for side in sides], 1)  # (n, sides)

    def to(self, device: torch.device) -> Padded:
        return Padded(self.inputs.to(device), None if self.targets is None else self.targets.to(device))

    def take(self, index: Tensor, device: torch.device) -> Batch:
        longest = self.lengths[index].amax(0).clamp_min(1).tolist()
        inputs, targets = super().take(index, device)
        return Batch(inputs[:, : longest[0]], targets[:, : longest[1]] if len(longest) > 1 else targets)

    def grouped(self, order: Tensor, size: int) -> Sequence[Tensor]:
        batches = []
        for pool in order.split(POOL * size):
            by_length = self.lengths[pool].sum(1).argsort(stable=True)
            batches += pool[by_length].split(size)
        last = batches.pop()  # the one that may be smaller
        # Long and short ones in turn, in an order that follows from the given one.
        return [*(batches[i] for i in order[: len(batches)].argsort().tolist()), last]


class Whole(Split):
    """Patches of pictures, and the pictures themselves, uint8 `(channels, height, width)` of any size, by the collections
    that they belong to: measures are taken of those. The first collection is the split's own; others are measured too."""

    def __init__(self, inputs: Tensor, pictures: Mapping[str, Sequence[Tensor]]):
        super().__init__(inputs)
        self.pictures = pictures

    def to(self, device: torch.device) -> Whole:
        return Whole(self.inputs.to(device), self.pictures)


class Streamed(Split):
    """A split that is larger than the device's memory: one thread reads the next batches and copies them over while the
    device works. They are the same batches in the same order as those of a split that lies on the device."""

    def stream(self, indices: Iterable[Tensor], device: torch.device) -> Iterator[Batch]:
        side = torch.cuda.Stream(device) if device.type == "cuda" else None

        def bring(index: Tensor) -> tuple[Batch, torch.cuda.Event | None]:
            if side is None:
                return self.take(index, device), None
            with torch.cuda.stream(side):
                return self.take(index, device), side.record_event()

        def here(batch: Batch, copied: torch.cuda.Event | None) -> Batch:
            if copied:
                work = torch.cuda.current_stream(device)
                work.wait_event(copied)
                for tensor in batch:
                    if tensor is not None:
                        tensor.record_stream(work)  # its memory is not given away before the work is done
            return batch

        coming: deque = deque()
        with ThreadPoolExecutor(1) as thread:
            for index in indices:
                coming.append(thread.submit(bring, index))
                if len(coming) > AHEAD:
                    yield here(*coming.popleft().result())
            while coming:
                yield here(*coming.popleft().result())


@dataclass
class Data:
    """A data set in memory. `source` says where it was read (a path or an address); `digest` identifies its content."""

    spec: DataSpec
    train: Split
    validation: Split
    test: Split
    source: str

    @property
    def digest(self) -> str:
        """First 16 hexadecimal digits of a SHA-256 over all tensors (MLflow allows 36 characters)."""
        summary = hashlib.sha256()
        for split in (self.train, self.validation, self.test):
            for tensor in (split.inputs, split.targets):
                if tensor is not None:
                    summary.update(tensor.contiguous().numpy().data)
        return summary.hexdigest()[:16]


@dataclass(frozen=True)
class Availability:
    """Whether `load` would succeed now, in a sentence; `fetchable` where `fetch` can bring what lacks."""

    ready: bool
    sentence: str
    fetchable: bool = False


class Dataset:
    """Base of all data sets. A subclass is registered with `@dataset` and written in a file of its own."""

    card: Card

    class Settings(Settings):
        """A data set without settings."""

    def __init__(self, settings: Settings):
        self.settings = settings

    def spec(self) -> DataSpec:
        """What it yields, known without reading the data."""
        raise NotImplementedError

    def availability(self) -> Availability:
        """Where the data are now."""
        raise NotImplementedError

    def fetch(self, progress: Progress) -> None:
        """Brings the data to the writable data folder. Raises `UserError` where that can't be done."""
        raise NotImplementedError

    def load(self) -> Data:
        """Reads the three splits. Raises `UserError` where the data are missing or damaged."""
        raise NotImplementedError


def pixel_statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation per channel of uint8 images `(n, channels, height, width)`, scaled to 0..1."""
    counts = torch.stack([torch.bincount(images[:, c].flatten(), minlength=256) for c in range(images.shape[1])])
    levels = torch.arange(256, dtype=torch.float64) / 255  # (256,)
    share = counts.double() / counts.sum(1, keepdim=True)  # (channels, 256)
    mean = share @ levels  # (channels,)
    std = (share @ levels.square() - mean.square()).sqrt()
    return tuple(round(m, 4) for m in mean.tolist()), tuple(round(s, 4) for s in std.tolist())


def feature_statistics(features: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each column of `features` `(n, features)`, to six significant digits. A column that
    holds one value alone gets the deviation 1: it can't be scaled."""
    mean, std = features.double().mean(0), features.double().std(0, correction=0)
    constant = std <= 1e-12 * features.double().abs().amax(0)
    std = std.masked_fill(constant, 1.0)
    return tuple(float(f"{m:.6g}") for m in mean.tolist()), tuple(float(f"{s:.6g}") for s in std.tolist())


def last_of_each(targets: Tensor, count: int) -> Tensor:
    """Where the last `count` examples of each class stand in `targets` `(n,)`, as bool `(n,)`: a validation split that
    holds every class equally often."""
    found = torch.zeros(len(targets), dtype=torch.bool)
    for target in targets.unique():
        found[(targets == target).nonzero().flatten()[-count:]] = True
    return found


def patches(picture: Tensor, side: int, stride: int = 0) -> Tensor:
    """A picture `(channels, height, width)` as square patches `(n, channels, side, side)`, `stride` pixels from one to the
    next; without it evenly spread, the fewest that cover it all, overlapping where `side` doesn't divide it."""
    rows, columns = (
        torch.arange(0, size - side + 1, stride) if stride else
        torch.linspace(0, size - side, math.ceil(size / side)).round().long() for size in picture.shape[1:]
    )
    return torch.stack([picture[:, y : y + side, x : x + side] for y in rows for x in columns])
