"""Pictures in class folders, in a zip or on disk: `train/CLASS/*.jpg` and `test/CLASS/*.jpg`, with `validation/` where there
is one, or plain `CLASS/*.jpg`. Checked, then read without unpacking.

The files may come from anybody: nothing in them is trusted, and whatever is wrong is said in one sentence.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import psutil
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from core.datasets import dividing
from core.datasets.base import Progress
from core.datasets.cache import cached
from core.datasets.dividing import Examples, Finding, are
from core.errors import UserError

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}
MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"}  # eight bits a channel: others lose what is in them
SPLITS = {"train": "train", "validation": "validation", "valid": "validation", "val": "validation", "test": "test"}
MOST_FILES = 500_000
MOST_DIRECTORY_BYTES = 100 * MOST_FILES  # of the zip's table of contents, before it is read into memory
MOST_BYTES = 20_000_000_000  # of all pictures unpacked
MOST_FILE_BYTES = 50_000_000  # of one picture unpacked
MOST_PIXELS = 40_000_000  # of one picture
_BROKEN = (OSError, EOFError, SyntaxError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError,
           zipfile.BadZipFile, Image.DecompressionBombError)


class File(NamedTuple):
    """A file as a person reads its `place`, where it is opened (`key`), and its size. `odd`: its name is stored in an
    encoding that can't be told, so that it may read wrongly."""

    place: str
    key: zipfile.ZipInfo | str
    size: int
    odd: bool = False


@dataclass(frozen=True)
class Listing:
    """What there is: `classes`, sorted, and the picture files by split, class and name, each with the number of its class
    and its split, which is empty where the folders say none. `passed_over`: the places of files that are no pictures;
    `odd`: of those whose names may read wrongly. `version` changes with the files."""

    classes: tuple[str, ...]
    files: tuple[File, ...]
    targets: tuple[int, ...]
    splits: tuple[str, ...]
    passed_over: tuple[str, ...]
    odd: tuple[str, ...]
    version: str


def listing(path: Path) -> Listing:
    """Checks a zip by its table of contents alone, or a folder by the names in it. Raises `UserError` with the first thing
    that is wrong."""
    files, version = _in_folder(path) if path.is_dir() else _in_zip(path)
    pictures, others = [], []
    for file in files:
        parts = PurePosixPath(file.place).parts
        if any(part.startswith(".") or part == "__MACOSX" for part in parts):
            continue  # what systems leave behind
        (pictures if PurePosixPath(file.place).suffix.lower() in SUFFIXES else others).append(file)
    for file in pictures:
        if file.size > MOST_FILE_BYTES:
            raise UserError(f"{_short(file.place)} in {path.name} unpacks to {file.size / 1e6:,.0f} MB: no picture is "
                            f"larger than {MOST_FILE_BYTES / 1e6:.0f} MB.")
    if (size := sum(file.size for file in pictures)) > MOST_BYTES:
        raise UserError(f"{path.name} unpacks to {size / 1e9:,.0f} GB: at most {MOST_BYTES / 1e9:.0f} GB can be read.")
    if not pictures:
        raise UserError(f"{path.name} has no picture: put pictures into a folder for each class, such as cat/1.jpg.")
    placed = _placed(path, pictures)
    classes = tuple(sorted({name for _, name, _ in placed}))
    if len(classes) < 2:
        raise UserError(f"{path.name} has the one class {classes[0]!r}: there must be two or more to tell apart.")
    if unshown := [name for name in classes if not name.isprintable()]:
        raise UserError(f"{path.name} has a class folder {unshown[0]!r}, a name that can't be shown: rename it.")
    placed.sort(key=lambda item: (list(SPLITS).index(item[0]) if item[0] else 0, item[1], item[2].place))
    return Listing(
        classes, tuple(file for *_, file in placed), tuple(classes.index(name) for _, name, _ in placed),
        tuple(split for split, *_ in placed), tuple(file.place for file in others),
        tuple(file.place for file in pictures if file.odd), version,
    )


def _placed(path: Path, pictures: list[File]) -> list[tuple[str, str, File]]:
    """Split, class and file of each picture. One folder around all is looked through."""
    parts = [PurePosixPath(file.place).parts for file in pictures]
    if len({place[0] for place in parts}) == 1 and parts[0][0].lower() not in SPLITS and all(len(p) > 2 for p in parts):
        parts = [place[1:] for place in parts]
    divided = any(len(place) == 3 and place[0].lower() in SPLITS for place in parts)
    found = []
    for place, file in zip(parts, pictures, strict=True):
        if divided and (len(place) != 3 or place[0].lower() not in SPLITS):
            raise UserError(f"{path.name} has a picture at {_short(file.place)}: put each into train/CLASS/ or test/CLASS/.")
        if not divided and len(place) != 2:
            raise UserError(f"{path.name} has a picture at {_short(file.place)}: put each into a folder of its class, "
                            "CLASS/, or into train/CLASS/ and test/CLASS/.")
        found.append((SPLITS[place[0].lower()] if divided else "", place[-2], file))
    if divided:
        classes = {split: {name for own, name, _ in found if own == split} for split in SPLITS.values()}
        for split in ("train", "test"):
            if not classes[split]:
                raise UserError(f"{path.name} has no picture in {split}/CLASS/: put some there.")
        for split in ("test", "validation"):
            if classes[split] and (other := sorted(classes["train"] ^ classes[split])):
                raise UserError(f"{path.name} has the class {other[0]!r} in only one of train/ and {split}/: both need "
                                "every class.")
    return found


# ---- where the files are


def _in_zip(path: Path) -> tuple[list[File], str]:
    try:
        if _directory_bytes(path) > MOST_DIRECTORY_BYTES:
            raise UserError(f"{path.name} holds too many files: at most {MOST_FILES:,} can be read.")
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
        state = path.stat()
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(f"{path.name} is no zip file that can be read: pack or copy it anew ({error}).") from error
    if len(members) > MOST_FILES:
        raise UserError(f"{path.name} holds {len(members):,} files: at most {MOST_FILES:,} can be read.")
    return [_member(path, member) for member in members], f"{state.st_size} {state.st_mtime_ns}"


def _member(path: Path, member: zipfile.ZipInfo) -> File:
    place, odd = member.filename, False
    if not member.flag_bits & 0x800 and not place.isascii():  # stored without saying how: many write UTF-8 all the same
        try:
            place = place.encode("cp437").decode()
        except UnicodeError:
            odd = True
    place = place.replace("\\", "/")
    parts = PurePosixPath(place).parts
    if place.startswith("/") or ".." in parts or ":" in parts[0]:
        raise UserError(f"{path.name} has a file that points outside of it ({_short(place)}): pack it anew.")
    if member.flag_bits & 1:
        raise UserError(f"{path.name} is locked with a password: pack it without one.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UserError(f"{path.name} has a link instead of a file ({_short(place)}): pack the files themselves.")
    return File(place, member, member.file_size, odd)


def _in_folder(path: Path) -> tuple[list[File], str]:
    root, found, version = os.path.realpath(path), [], hashlib.sha256()

    def unreadable(error: OSError) -> None:
        raise UserError(f"{path.name} has a folder that can't be read ({error}): mend its permissions.") from error

    for at, folders, names in os.walk(root, onerror=unreadable):
        folders.sort()
        for name in folders:
            if os.path.islink(os.path.join(at, name)):
                raise UserError(f"{path.name} has a link to a folder ({_short(name)}): put the folder itself there.")
        for name in sorted(names):
            key = os.path.join(at, name)
            if os.path.islink(key) and not Path(os.path.realpath(key)).is_relative_to(root):
                raise UserError(f"{path.name} has a link that leaves it ({_short(name)}): put the file itself there.")
            if not os.path.isfile(key):
                continue  # a pipe, a broken link
            state, place = os.stat(key), os.path.relpath(key, root)
            shown = place.encode(errors="surrogateescape").decode(errors="replace")
            found.append(File(shown, key, state.st_size, shown != place))
            version.update(f"{shown} {state.st_size} {state.st_mtime_ns}\n".encode())
            if len(found) > MOST_FILES:
                raise UserError(f"{path.name} holds more than {MOST_FILES:,} files: at most so many can be read.")
    return found, version.hexdigest()


@contextmanager
def _opened(path: Path) -> Iterator[Callable[[File], bytes]]:
    """Gives a function that reads a file. One byte more than was declared is asked for: a file that unpacks to more is
    caught before it fills the memory."""
    if path.is_dir():
        def read(file: File) -> bytes:
            with open(file.key, "rb") as opened:
                return opened.read(file.size + 1)
        yield read
    else:
        with zipfile.ZipFile(path) as archive:
            def unpack(file: File) -> bytes:
                with archive.open(file.key) as opened:
                    return opened.read(file.size + 1)
            yield unpack


# ---- the pictures


def form(path: Path, held: Listing, sample: int = 50) -> tuple[int, bool]:
    """A side and whether it is grey that suit the pictures, told from some of them: the side of small squares, else 64."""
    sizes, modes = set(), set()
    with _opened(path) as read:
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
        with _opened(path) as content_of:
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


def faults(path: Path, files: list[File]) -> list[str]:
    """Why each of these can't be read: `'cat/1.png' (it is no picture)`."""
    found = []
    with _opened(path) as read:
        for file in files:
            try:
                picture(read(file), 1, grey=True)
            except UnidentifiedImageError:
                found.append(f"{_short(file.place)} (it is no picture)")
            except _BROKEN as error:
                found.append(f"{_short(file.place)} ({' '.join(str(error).split())[:200]})")
    return found


def examples(path: Path, side: int, grey: bool, progress: Progress) -> tuple[Examples, Tensor]:
    """The pictures as examples, and they themselves, uint8 `(n, channels, side, side)`."""
    held = listing(path)
    read = decode(path, held, side, grey, progress)
    readable, found = read["readable"].numpy(), []
    if broken := [file for file, fine in zip(held.files, readable.tolist(), strict=True) if not fine]:
        first = ", ".join(faults(path, broken[:3]))
        found.append(Finding(
            "unreadable", f"{len(broken):,} of the {len(held.files):,} pictures can't be read: mend them, or leave them "
            f"out. The first: {first}.", "Leave out what can't be read", must=True))
    if held.passed_over:
        found.append(Finding("passed-over", f"{are(len(held.passed_over), 'files')} passed over, being no picture; the "
                             f"first is {held.passed_over[0]!r}."))
    if held.odd:
        found.append(Finding("odd", f"{len(held.odd):,} names are in an encoding that can't be told: look whether the "
                             f"classes read well, and rename those that don't; the first is {held.odd[0]!r}."))
    splits = np.array([dividing.SPLITS.index(split) if split else -1 for split in held.splits])
    targets, digests = np.array(held.targets), read["digests"].numpy()
    return Examples(targets, digests, splits, readable, held.classes, "pictures", found), read["pictures"]


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
        if image.mode != (mode := "L" if grey else "RGB"):
            image = image.convert(mode)
        if image.size != (side, side):
            image = ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS)
        return np.asarray(image).reshape(side, side, -1)


def _short(place: str) -> str:
    """A file's name as it may stand in a sentence, whatever characters it has."""
    return repr(place if len(place) < 80 else place[:77] + "...")


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
