"""A zip of pictures in class folders, `train/CLASS/*.jpg` and `test/CLASS/*.jpg`: checked, then read without unpacking.

The zip may come from anybody: nothing in it is trusted, and whatever is wrong with it is said in one sentence.
"""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from core.datasets.cache import cached
from core.errors import UserError

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}
MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"}  # eight bits a channel: others lose what is in them
MOST_FILES = 500_000
MOST_DIRECTORY_BYTES = 100 * MOST_FILES  # of the zip's table of contents, before it is read into memory
MOST_BYTES = 20_000_000_000  # of all files unpacked
MOST_FILE_BYTES = 50_000_000  # of one file unpacked
MOST_PIXELS = 40_000_000  # of one picture
_BROKEN = (OSError, EOFError, SyntaxError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError,
           zipfile.BadZipFile, Image.DecompressionBombError)


@dataclass(frozen=True)
class Listing:
    """What a zip holds: `classes`, sorted, and for `train` and `test` each file with the number of its class, by name."""

    classes: tuple[str, ...]
    train: tuple[tuple[zipfile.ZipInfo, int], ...]
    test: tuple[tuple[zipfile.ZipInfo, int], ...]


def listing(path: Path) -> Listing:
    """Checks a zip by its table of contents alone. Raises `UserError` with the first thing that is wrong."""
    try:
        if _directory_bytes(path) > MOST_DIRECTORY_BYTES:
            raise UserError(f"{path.name} holds too many files: at most {MOST_FILES:,} can be read.")
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(f"{path.name} is no zip file that can be read: pack or copy it anew ({error}).") from error
    if len(members) > MOST_FILES:
        raise UserError(f"{path.name} holds {len(members):,} files: at most {MOST_FILES:,} can be read.")
    for member in members:
        _check(path, member)
    if (size := sum(member.file_size for member in members)) > MOST_BYTES:
        raise UserError(f"{path.name} unpacks to {size / 1e9:,.0f} GB: at most {MOST_BYTES / 1e9:.0f} GB can be read.")
    found: dict[str, dict[str, list[zipfile.ZipInfo]]] = {"train": {}, "test": {}}
    for member in members:
        place = PurePosixPath(member.filename)
        if place.suffix.lower() not in SUFFIXES or place.name.startswith(".") or place.parts[0] == "__MACOSX":
            continue  # a list, a licence, what macOS leaves
        if len(place.parts) != 3 or place.parts[0] not in found:
            raise UserError(f"{path.name} has a picture at {_short(member)}: put each into train/CLASS/ or test/CLASS/.")
        found[place.parts[0]].setdefault(place.parts[1], []).append(member)
    for split, folders in found.items():
        if not folders:
            raise UserError(f"{path.name} has no picture in {split}/CLASS/: put some there.")
    classes = tuple(sorted(found["train"]))
    if len(classes) < 2:
        raise UserError(f"{path.name} has the one class {classes[0]!r}: there must be two or more to tell apart.")
    if other := sorted(set(classes) ^ set(found["test"])):
        raise UserError(f"{path.name} has the class {other[0]!r} in only one of train/ and test/: both need every class.")
    parts = {
        split: tuple((member, target) for target, name in enumerate(classes)
                     for member in sorted(folders[name], key=lambda member: member.filename))
        for split, folders in found.items()
    }
    return Listing(classes, **parts)


def _check(path: Path, member: zipfile.ZipInfo) -> None:
    place = PurePosixPath(member.filename.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or ":" in place.parts[0]:
        raise UserError(f"{path.name} has a file that points outside of it ({_short(member)}): pack it anew.")
    if member.flag_bits & 1:
        raise UserError(f"{path.name} is locked with a password: pack it without one.")
    if member.file_size > MOST_FILE_BYTES:
        raise UserError(
            f"{_short(member)} in {path.name} unpacks to {member.file_size / 1e6:,.0f} MB: no picture is larger than "
            f"{MOST_FILE_BYTES / 1e6:.0f} MB."
        )


def load(path: Path, side: int, grey: bool = False) -> dict[str, Tensor]:
    """All pictures of a zip, in the order of `listing`, from the cache where it was read before.

    Returns: `train` and `test`, uint8 `(n, 3 or 1, side, side)`, `train_targets` and `test_targets`, int64 `(n,)`.
    A picture that isn't square is cut to its middle; transparent parts become white.
    Raises `UserError` that counts and names what can't be read.
    """
    return cached(path, f"class folders, side {side}, {'grey' if grey else 'colour'}", lambda: _read(path, side, grey))


def _read(path: Path, side: int, grey: bool) -> dict[str, Tensor]:
    held, tensors, faults = listing(path), {}, []
    with zipfile.ZipFile(path) as archive:
        for split, members in (("train", held.train), ("test", held.test)):
            pictures = np.zeros((len(members), side, side, 1 if grey else 3), np.uint8)
            for i, (member, _) in enumerate(members):
                try:
                    with archive.open(member) as file:
                        # One byte more than was declared: a file that unpacks to more is caught before it fills the memory.
                        content = file.read(member.file_size + 1)
                    pictures[i] = picture(content, side, grey)
                except _BROKEN as error:
                    faults.append(f"{_short(member)} ({' '.join(str(error).split())[:200]})")
            tensors[split] = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()  # (n, channels, side, side)
            tensors[f"{split}_targets"] = torch.tensor([target for _, target in members])
    if faults:
        total = len(held.train) + len(held.test)
        raise UserError(
            f"{len(faults):,} of the {total:,} pictures in {path.name} can't be read: mend them or take them out; the first "
            f"is {faults[0]}."
        )
    return tensors


def picture(content: bytes, side: int, grey: bool) -> np.ndarray:
    """A picture file as uint8 `(side, side, 3 or 1)`. Raises `ValueError` or PIL's errors where it can't serve."""
    with Image.open(io.BytesIO(content)) as image:
        if image.width * image.height > MOST_PIXELS:
            raise ValueError(f"it has {image.width} × {image.height} pixels")
        if image.mode not in MODES:
            raise ValueError(f"its pixels are of the kind {image.mode}: save it with eight bits a channel")
        if image.has_transparency_data:
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
        if image.mode != (mode := "L" if grey else "RGB"):
            image = image.convert(mode)
        if image.size != (side, side):
            image = ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS)
        return np.asarray(image).reshape(side, side, -1)


def _short(member: zipfile.ZipInfo) -> str:
    """A file's name as it may stand in a sentence, whatever characters it has."""
    return repr(member.filename if len(member.filename) < 80 else member.filename[:77] + "...")


def _directory_bytes(path: Path) -> int:
    """The size of a zip's table of contents as its end states it; the large form (zip64) has a second end before it."""
    with open(path, "rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - 65_600))
        tail = file.read()
    end = tail.rfind(b"PK\5\6")
    if end < 0:
        raise zipfile.BadZipFile("it has no table of contents")
    stated = int.from_bytes(tail[end + 12 : end + 16], "little")
    large = tail.rfind(b"PK\6\6", 0, end)
    return int.from_bytes(tail[large + 40 : large + 48], "little") if stated == 0xFFFFFFFF and large >= 0 else stated
