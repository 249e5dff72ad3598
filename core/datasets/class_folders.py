"""Files in class folders, in a zip or on disk: `train/CLASS/*.jpg` and `test/CLASS/*.jpg`, with `validation/` where there is
one, or plain `CLASS/*.jpg`; and the pictures in them, checked, then read without unpacking."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import psutil
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from core.datasets import dividing, files
from core.datasets.base import Progress
from core.datasets.cache import cached
from core.datasets.dividing import Examples, Finding, are
from core.datasets.files import File, short
from core.errors import UserError

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}
MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"}  # eight bits a channel: others lose what is in them
SPLITS = {"train": "train", "validation": "validation", "valid": "validation", "val": "validation", "test": "test"}
MOST_BYTES = 20_000_000_000  # of all pictures or sounds unpacked
MOST_FILE_BYTES = 50_000_000  # of one of them unpacked
MOST_PIXELS = 40_000_000  # of one picture
_BROKEN = (*files.BROKEN, Image.DecompressionBombError)


@dataclass(frozen=True)
class Listing:
    """What there is: `classes`, sorted, and the files by split, class and name, each with the number of its class and its
    split, which is empty where the folders say none. `passed_over`: the places of files that are no `noun`s; `odd`: of those
    whose names may read wrongly. `version` changes with the files."""

    noun: str
    classes: tuple[str, ...]
    files: tuple[File, ...]
    targets: tuple[int, ...]
    splits: tuple[str, ...]
    passed_over: tuple[str, ...]
    odd: tuple[str, ...]
    version: str


def listing(path: Path, suffixes: set[str] = SUFFIXES, noun: str = "picture") -> Listing:
    """Checks a zip by its table of contents alone, or a folder by the names in it. Raises `UserError` with the first thing
    that is wrong."""
    held, version = files.listed(path)
    wanted = [file for file in held if files.suffix(file) in suffixes]
    check_sizes(path, wanted, noun)
    if not wanted:
        raise UserError(f"{path.name} has no {noun}: put {noun}s into a folder for each class, such as cat/1"
                        f"{min(suffixes & {'.jpg', '.wav'})}.")
    placed = _placed(path, wanted, noun)
    classes = tuple(sorted({name for _, name, _ in placed}))
    if len(classes) < 2:
        raise UserError(f"{path.name} has the one class {classes[0]!r}: there must be two or more to tell apart.")
    if unshown := [name for name in classes if not name.isprintable()]:
        raise UserError(f"{path.name} has a class folder {unshown[0]!r}, a name that can't be shown: rename it.")
    placed.sort(key=lambda item: (list(SPLITS).index(item[0]) if item[0] else 0, item[1], item[2].place))
    return Listing(
        noun, classes, tuple(file for *_, file in placed), tuple(classes.index(name) for _, name, _ in placed),
        tuple(split for split, *_ in placed), tuple(file.place for file in held if files.suffix(file) not in suffixes),
        tuple(file.place for file in wanted if file.odd), version,
    )


def check_sizes(path: Path, wanted: Sequence[File], noun: str) -> None:
    """Raises `UserError` where a file, or all of them, unpack to more than can be."""
    for file in wanted:
        if file.size > MOST_FILE_BYTES:
            raise UserError(f"{short(file.place)} in {path.name} unpacks to {file.size / 1e6:,.0f} MB: no {noun} is "
                            f"larger than {MOST_FILE_BYTES / 1e6:.0f} MB.")
    if (size := sum(file.size for file in wanted)) > MOST_BYTES:
        raise UserError(f"{path.name} unpacks to {size / 1e9:,.0f} GB: at most {MOST_BYTES / 1e9:.0f} GB can be read.")


def _placed(path: Path, wanted: list[File], noun: str) -> list[tuple[str, str, File]]:
    """Split, class and file of each. One folder around all is looked through."""
    parts = [PurePosixPath(file.place).parts for file in wanted]
    if len({place[0] for place in parts}) == 1 and parts[0][0].lower() not in SPLITS and all(len(p) > 2 for p in parts):
        parts = [place[1:] for place in parts]
    divided = any(len(place) == 3 and place[0].lower() in SPLITS for place in parts)
    found = []
    for place, file in zip(parts, wanted, strict=True):
        if divided and (len(place) != 3 or place[0].lower() not in SPLITS):
            raise UserError(f"{path.name} has a {noun} at {short(file.place)}: put each into train/CLASS/ or test/CLASS/.")
        if not divided and len(place) != 2:
            raise UserError(f"{path.name} has a {noun} at {short(file.place)}: put each into a folder of its class, "
                            "CLASS/, or into train/CLASS/ and test/CLASS/.")
        found.append((SPLITS[place[0].lower()] if divided else "", place[-2], file))
    if divided:
        classes = {split: {name for own, name, _ in found if own == split} for split in SPLITS.values()}
        for split in ("train", "test"):
            if not classes[split]:
                raise UserError(f"{path.name} has no {noun} in {split}/CLASS/: put some there.")
        for split in ("test", "validation"):
            if classes[split] and (other := sorted(classes["train"] ^ classes[split])):
                raise UserError(f"{path.name} has the class {other[0]!r} in only one of train/ and {split}/: both need "
                                "every class.")
    return found


# ---- the pictures


def form(path: Path, held: Listing, sample: int = 50) -> tuple[int, bool]:
    """A side and whether it is grey that suit the pictures, told from some of them: the side of small squares, else 64."""
    sizes, modes = set(), set()
    with files.opened(path) as read:
        for file in held.files[:: max(1, len(held.files) // sample)]:
            try:
                with Image.open(io.BytesIO(read(file))) as image:
                    sizes |= set(image.size)
                    modes.add(image.mode)
            except _BROKEN:
                continue
    side = sizes.pop() if len(sizes) == 1 else 64
    return side if 8 <= side <= 64 else 64, bool(modes) and modes <= {"1", "L", "LA"}


def decode(path: Path, held: Listing, side: int, grey: bool, progress: Progress = lambda done, total: None
           ) -> dict[str, Tensor]:
    """The files of a listing as pictures, from the cache where they were read before.

    Returns: `pictures`, uint8 `(n, 3 or 1, side, side)`; `digests`, int64 `(n,)`, of each file's content; `readable`, bool
    `(n,)`: what can't be read is black. A picture that isn't square is cut to its middle; transparent parts become white.
    Raises `UserError` where they would not fit into the memory.
    """
    channels = 1 if grey else 3
    size, free = len(held.files) * channels * side**2, psutil.virtual_memory().available
    if 2 * size > free:  # they are held once more while they are divided
        most = int((free / 2 / len(held.files) / channels) ** 0.5)
        raise UserError(
            f"{len(held.files):,} {'grey' if grey else 'colour'} pictures of {side}×{side} pixels take {size / 1e9:,.1f} GB "
            f"of memory twice, and {free / 1e9:,.1f} GB are free: take a side of at most {most} pixels."
        )

    def read() -> dict[str, Tensor]:
        pictures = np.zeros((len(held.files), channels, side, side), np.uint8)
        digests, readable = np.zeros(len(held.files), np.int64), np.zeros(len(held.files), bool)
        with files.opened(path) as content_of:
            for i, file in enumerate(held.files):
                progress(i, len(held.files))
                try:
                    content = content_of(file)
                    digests[i] = int.from_bytes(hashlib.sha256(content).digest()[:8], "little", signed=True)
                    pictures[i] = picture(content, side, grey).transpose(2, 0, 1)  # (channels, side, side)
                    readable[i] = True
                except _BROKEN:
                    continue
        progress(len(held.files), len(held.files))
        return {"pictures": torch.from_numpy(pictures), "digests": torch.from_numpy(digests),
                "readable": torch.from_numpy(readable)}

    return cached(path, f"pictures of class folders, side {side}, {'grey' if grey else 'colour'}", read, held.version)


def grey_dot(content: bytes) -> np.ndarray:
    """Opens a picture, be it for its faults alone."""
    return picture(content, 1, grey=True)


def faults(path: Path, broken: Sequence[File], reading: Callable[[bytes], object] = grey_dot) -> list[str]:
    """Why each of these can't be read: `'cat/1.png' (it is no picture)`."""
    found = []
    with files.opened(path) as read:
        for file in broken:
            try:
                reading(read(file))
            except UnidentifiedImageError:
                found.append(f"{short(file.place)} (it is no picture)")
            except _BROKEN as error:
                found.append(f"{short(file.place)} ({' '.join(str(error).split())[:200]})")
    return found


def unreadable(path: Path, noun: str, held: Sequence[File], readable: np.ndarray, reading: Callable[[bytes], object]
               ) -> list[Finding]:
    """What is said of the files that can't be read; nothing where all can."""
    broken = [file for file, fine in zip(held, readable.tolist(), strict=True) if not fine]
    if not broken:
        return []
    return [Finding("unreadable", f"{len(broken):,} of the {len(held):,} {noun}s can't be read: mend them, or leave them "
                    f"out. The first: {', '.join(faults(path, broken[:3], reading))}.", "Leave out what can't be read",
                    must=True)]


def passed_over(noun: str, places: Sequence[str]) -> list[Finding]:
    """What is said of the files that are none of those that are read."""
    return [Finding("passed-over", f"{are(len(places), 'files')} passed over, being no {noun}; the first is {places[0]!r}."
                    )] if places else []


def checked(path: Path, held: Listing, readable: np.ndarray, digests: np.ndarray, reading: Callable[[bytes], object]
            ) -> Examples:
    """The files of a listing as examples, with what was found of them. `reading` raises what is wrong with a file."""
    found = unreadable(path, held.noun, held.files, readable, reading) + passed_over(held.noun, held.passed_over)
    if held.odd:
        found.append(Finding("odd", f"{len(held.odd):,} names are in an encoding that can't be told: look whether the "
                             f"classes read well, and rename those that don't; the first is {held.odd[0]!r}."))
    splits = np.array([dividing.SPLITS.index(split) if split else -1 for split in held.splits])
    return Examples(np.array(held.targets), digests, splits, readable, held.classes, f"{held.noun}s", found)


def examples(path: Path, side: int, grey: bool, progress: Progress) -> tuple[Examples, Tensor]:
    """The pictures as examples, and they themselves, uint8 `(n, channels, side, side)`."""
    held = listing(path)
    read = decode(path, held, side, grey, progress)
    return checked(path, held, read["readable"].numpy(), read["digests"].numpy(), grey_dot), read["pictures"]


def load(path: Path, side: int, grey: bool = False) -> dict[str, Tensor]:
    """All pictures that lie in `train/` and `test/`, as `decode` gives them.

    Returns: `train` and `test`, uint8 `(n, 3 or 1, side, side)`, `train_targets` and `test_targets`, int64 `(n,)`.
    Raises `UserError` that counts and names what can't be read.
    """
    held = listing(path)
    tensors = decode(path, held, side, grey)
    if broken := [file for file, fine in zip(held.files, tensors["readable"].tolist(), strict=True) if not fine]:
        raise UserError(f"{len(broken):,} of the {len(held.files):,} pictures in {path.name} can't be read: mend them or "
                        f"take them out; the first is {faults(path, broken[:1])[0]}.")
    targets, splits = torch.tensor(held.targets), np.array(held.splits)
    parts = {}
    for split in ("train", "test"):
        chosen = torch.from_numpy(splits == split)
        parts |= {split: tensors["pictures"][chosen], f"{split}_targets": targets[chosen]}
    return parts


def picture(content: bytes, side: int, grey: bool) -> np.ndarray:
    """A picture file as uint8 `(side, side, 3 or 1)`. Raises `ValueError` or PIL's errors where it can't serve."""
    image = upright(content, grey)
    if image.size != (side, side):
        image = ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS)
    return np.asarray(image).reshape(side, side, -1)


def upright(content: bytes, grey: bool | None) -> Image.Image:
    """A picture file as it is looked at, grey or in colour, or where `grey` is None as it is itself. Raises `ValueError` or
    PIL's errors where it can't serve."""
    if not content:
        raise ValueError("it is empty")
    with Image.open(io.BytesIO(content)) as image:
        if image.width * image.height > MOST_PIXELS:
            raise ValueError(f"it has {image.width} × {image.height} pixels")
        if image.mode not in MODES:
            raise ValueError(f"its pixels are of the kind {image.mode}: save it with eight bits a channel")
        image = ImageOps.exif_transpose(image)  # a telephone's photographs lie on their side
        if image.has_transparency_data:
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
        grey = image.mode in ("1", "L", "LA") if grey is None else grey
        return image if image.mode == (mode := "L" if grey else "RGB") else image.convert(mode)
