"""Files that a person brings in a zip or a folder: listed and read without unpacking, and texts among them decoded.

They may come from anybody: nothing in them is trusted, and whatever is wrong is said in one sentence.
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
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from core.errors import UserError

MOST_FILES = 500_000
MOST_DIRECTORY_BYTES = 100 * MOST_FILES  # of the zip's table of contents, before it is read into memory
BROKEN = (OSError, EOFError, SyntaxError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError,
          zipfile.BadZipFile)  # what a damaged file makes of whoever reads it


class File(NamedTuple):
    """A file as a person reads its `place`, where it is opened (`key`), and its size. `odd`: its name is stored in an
    encoding that can't be told, so that it may read wrongly."""

    place: str
    key: zipfile.ZipInfo | str
    size: int
    odd: bool = False


def listed(path: Path) -> tuple[list[File], str]:
    """The files of a zip, by its table of contents alone, or of a folder, without what systems leave behind; and a text that
    changes with them. Raises `UserError` with the first thing that is wrong."""
    found, version = _in_folder(path) if path.is_dir() else _in_zip(path)
    hidden = (any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(file.place).parts) for file in found)
    return [file for file, left in zip(found, hidden, strict=True) if not left], version


def suffix(file: File) -> str:
    return PurePosixPath(file.place).suffix.lower()


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
        raise UserError(f"{path.name} has a file that points outside of it ({short(place)}): pack it anew.")
    if member.flag_bits & 1:
        raise UserError(f"{path.name} is locked with a password: pack it without one.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UserError(f"{path.name} has a link instead of a file ({short(place)}): pack the files themselves.")
    return File(place, member, member.file_size, odd)


def _in_folder(path: Path) -> tuple[list[File], str]:
    root, found, version = os.path.realpath(path), [], hashlib.sha256()

    def unreadable(error: OSError) -> None:
        raise UserError(f"{path.name} has a folder that can't be read ({error}): mend its permissions.") from error

    for at, folders, names in os.walk(root, onerror=unreadable):
        folders.sort()
        for name in folders:
            if os.path.islink(os.path.join(at, name)):
                raise UserError(f"{path.name} has a link to a folder ({short(name)}): put the folder itself there.")
        for name in sorted(names):
            key = os.path.join(at, name)
            if os.path.islink(key) and not Path(os.path.realpath(key)).is_relative_to(root):
                raise UserError(f"{path.name} has a link that leaves it ({short(name)}): put the file itself there.")
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
def opened(path: Path) -> Iterator[Callable[[File], bytes]]:
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


def short(place: str) -> str:
    """A file's name as it may stand in a sentence, whatever characters it has."""
    return repr(place if len(place) < 80 else place[:77] + "...")


def decoded(name: str, content: bytes) -> tuple[str, str]:
    """A text, its lines ended by `\\n`, and the encoding that it was in. Raises `UserError` where it is none."""
    known = "UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "UTF-8"
    if known == "UTF-8" and b"\0" in content:
        raise UserError(f"{name} is no text: save it as plain text in UTF-8.")
    for encoding in (known, "Windows-1252"):
        try:
            text = content.decode({"UTF-8": "utf-8-sig", "Windows-1252": "cp1252"}.get(encoding, encoding))
            return text.replace("\r\n", "\n").replace("\r", "\n"), encoding
        except UnicodeDecodeError:
            continue
    raise UserError(f"{name} is in an encoding that can't be told: save it as plain text in UTF-8.")


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
