"""Films from a person's hand: opened with care, kept under a name, and written as MP4 or animated WebP."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import numpy as np
from PIL import Image, ImageSequence, UnidentifiedImageError

from core.errors import UserError
from core.inside import kept as files

MOST = 240  # frames: some ten seconds
LONGEST = 320  # pixels of a side
KINDS = ["mp4", "mov", "webm", "mkv", "avi", "gif", "webp"]
PLACE = ("films", ".film")  # of what is kept: the folder, and how names end
_RATE = 12.0  # frames a second, where a file doesn't say


@dataclass(frozen=True)
class Film:
    """`frames` uint8 `(n, height, width, 3)`, both sides even; `rate`, frames a second; `more`, whether the file goes on."""

    frames: np.ndarray
    rate: float
    more: bool


def keep(content: bytes) -> str:
    """Keeps a film's file in the home, so that an address can hold it. Gives its name. Raises `UserError` where it is no
    film, or can't be written."""
    open_film(content)
    return files.keep(content, *PLACE, "The film could not be kept on this server: free some space, then upload it again")


def kept(name: str) -> Film:
    """The film that `keep` named so. Raises `UserError` where it is not here (any more)."""
    path = files.find(name, *PLACE, "The film of this address is not on this server (any more): upload it again.")
    return open_film(path.read_bytes())


def open_film(content: bytes) -> Film:
    """The first `MOST` frames of a film, an animated GIF or WebP, shrunk to `LONGEST` pixels. Raises `UserError` where there
    is none."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            frames = [_small(frame.convert("RGB")) for frame in islice(ImageSequence.Iterator(image), MOST + 1)]
            return _film(frames, 1000 / (image.info.get("duration") or 1000 / _RATE))
    except UnidentifiedImageError:
        pass
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise UserError("This film is damaged: take another.") from error
    import av  # slow to import, and seldom needed

    try:
        with av.open(io.BytesIO(content)) as file:
            rate = float(file.streams.video[0].average_rate or _RATE)
            return _film(list(islice((_small(frame.to_image()) for frame in file.decode(video=0)), MOST + 1)), rate)
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise UserError("This file is no film that can be read: take an MP4, WebM, GIF or animated WebP.") from error


def _small(image: Image.Image) -> Image.Image:
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return image


def _film(pictures: list[Image.Image], rate: float) -> Film:
    frames = np.stack([np.asarray(picture) for picture in pictures[:MOST]])
    if min(frames.shape[1:3]) < 16:
        raise UserError("This film is too small or too narrow: take one of at least 16 × 16 pixels.")
    height, width = (side // 2 * 2 for side in frames.shape[1:3])  # MP4 has a colour for each 2 × 2 pixels
    return Film(frames[:, :height, :width], min(60.0, max(1.0, rate)), len(pictures) > MOST)


def mp4(frames: Iterator[np.ndarray], rate: float) -> bytes:
    """Frames uint8 `(height, width, 3)` as an MP4 file (H.264), which every browser plays."""
    import av

    held = io.BytesIO()
    with av.open(held, "w", format="mp4") as file:
        stream = None
        for frame in frames:
            if stream is None:
                stream = file.add_stream("libx264", rate=Fraction(rate).limit_denominator(1000), options={"crf": "16"})
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuv420p"
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode())
    return held.getvalue()


def webp(frames: Iterator[np.ndarray], rate: float) -> bytes:
    """The same as an animated WebP that goes on for ever."""
    first, *rest = (Image.fromarray(frame) for frame in frames)
    held = io.BytesIO()
    first.save(held, "WEBP", save_all=True, append_images=rest, duration=round(1000 / rate), loop=0, quality=80)
    return held.getvalue()
