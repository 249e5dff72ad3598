"""Pictures from a person's hand: files opened with care, drawings made of strokes, and both put into a data set's form.

The form of the digits is LeCun et al. 1998, section III.A: the ink fits a box of 20×20 pixels and its centre of mass
lies in the middle of the 28×28 picture.
"""

from __future__ import annotations

import base64
import binascii
import io

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError
from torch import Tensor

from core.catalog import DataSpec
from core.errors import UserError
from core.inside import kept as files
from core.inside.load import Loaded

PAD = 256  # a drawing's coordinates are 0..255, one byte each
MOST_PIXELS = 40_000_000  # of an uploaded picture: more is no photograph, or a bomb
KEPT = 1024  # pixels of a side of a picture that is kept for its address
PLACE = ("pictures", ".png")  # of what is kept: the folder, and how names end
PHOTOGRAPHS = {"Cat": "chelsea", "Coffee": "coffee", "Photographer": "camera"}
PEN = 22  # width of the pen on the pad: a stroke of digits in the 20×20 box is some two pixels wide


def open_picture(content: bytes) -> np.ndarray:
    """An uploaded picture as uint8 `(height, width, 3)`, turned upright, transparency laid on white.

    Raises `UserError` where it is no picture, is damaged, or is too large.
    """
    try:
        with Image.open(io.BytesIO(content)) as probe:
            width, height = probe.size
            if width * height > MOST_PIXELS:
                raise UserError(f"This picture has {width} × {height} pixels: take one of at most 40 million.")
            probe.verify()
        with Image.open(io.BytesIO(content)) as image:  # verify leaves a picture unusable
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise UserError("This file is no picture that can be read: take a PNG, JPEG or WebP file.") from error
    paper = Image.new("RGBA", upright.size, "white")
    return np.asarray(Image.alpha_composite(paper, upright).convert("RGB"))


def keep(picture: np.ndarray, longest: int = KEPT) -> str:
    """Keeps a picture, uint8 `(height, width, 3)`, in the home, so that an address can hold it. Gives its name.

    It is shrunk to at most `longest` pixels a side. Raises `UserError` where it can't be written.
    """
    image = Image.fromarray(picture)
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    held = io.BytesIO()
    image.save(held, "PNG", compress_level=6 if longest <= KEPT else 1)  # of a large one, seconds instead of a tenth of it
    return files.keep(held.getvalue(), *PLACE,
                      "The picture could not be kept on this server: free some space, then upload it again")


def kept(name: str) -> np.ndarray:
    """The picture that `keep` named so, uint8 `(height, width, 3)`. Raises `UserError` where it is not here (any more)."""
    path = files.find(name, *PLACE, "The picture of this address is not on this server (any more): upload it again.")
    return open_picture(path.read_bytes())


def photograph(name: str) -> np.ndarray:
    """One of `PHOTOGRAPHS`, which come with scikit-image, as uint8 `(height, width, 3)`."""
    import skimage.data  # slow to import, and seldom needed

    picture = Image.fromarray(getattr(skimage.data, PHOTOGRAPHS[name])())
    return np.asarray(picture.convert("RGB"))


def strokes(drawing: str) -> list[np.ndarray]:
    """The strokes of a drawing as it stands in the address, each uint8 `(points, 2)` of x and y on the pad.

    A drawing is its strokes joined by dots, each the base64url of its x, y, x, y, ... bytes. Raises `UserError`
    where it is none.
    """
    try:
        raw = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in drawing.split(".") if part]
        return [np.frombuffer(stroke, np.uint8).reshape(-1, 2) for stroke in raw]
    except (binascii.Error, ValueError) as error:
        raise UserError("The drawing in this address is damaged: draw it again.") from error


def drawn(drawing: str) -> np.ndarray:
    """A drawing as uint8 `(256, 256)`: white ink on black."""
    return _inked(drawing, PAD, PAD, PEN)


def painted(drawing: str, size: tuple[int, int], pen: int) -> np.ndarray:
    """Which pixels of a picture of that height and width a drawing over it covers, bool `(height, width)`; `pen` is its
    width, where the longer side is `PAD`."""
    height, width = size
    finer = -(-2 * PAD // max(size))  # drawn some times as large: a pixel is covered where most of it is
    sheet = Image.fromarray(_inked(drawing, finer * width, finer * height, pen * finer * max(size) / PAD))
    return np.asarray(sheet.resize((width, height), Image.Resampling.BOX)) > 127


def _inked(drawing: str, width: int, height: int, pen: float) -> np.ndarray:
    """A drawing on a sheet of that size, uint8 `(height, width)`: white ink on black."""
    sheet = Image.new("L", (width, height))
    draw, radius = ImageDraw.Draw(sheet), pen / 2
    for stroke in strokes(drawing):
        points = [(int(x) * width // PAD, int(y) * height // PAD) for x, y in stroke]
        draw.line(points, fill=255, width=round(pen))
        for x, y in points:  # round ends and joints
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(sheet)


def is_ink_on_black(spec: DataSpec) -> bool:
    """Whether the data are grey pictures of bright ink on a dark ground, so that a drawing is one of them."""
    return spec.kind == "images" and spec.shape[0] == 1 and len(spec.mean) == 1 and spec.mean[0] < 0.35


def as_ink(picture: np.ndarray, spec: DataSpec) -> Tensor:
    """A drawing or the photograph of one in the form of the digits.

    Arguments: `picture` uint8 `(height, width)` or `(height, width, 3)`, ink dark on bright or bright on dark;
    `spec` of the data, shape `(1, height, width)`.
    Returns: uint8 `(1, 1, height, width)`. Raises `UserError` where there is no ink.
    """
    grey = np.asarray(Image.fromarray(picture).convert("L"), np.float32) / 255
    rim = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if np.median(rim) > 0.5:
        grey, rim = 1 - grey, 1 - rim
    ink = np.clip(grey - np.median(rim), 0, None)
    if ink.max() < 0.1:
        raise UserError("There is no ink in this picture: draw a digit, or take a picture with more contrast.")
    ink /= ink.max()
    rows, columns = (np.flatnonzero((ink > 0.2).any(axis=axis)) for axis in (1, 0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]

    height, width = spec.shape[1:]
    scale = min(height, width) * 20 / 28 / max(ink.shape)
    size = [max(1, round(side * scale)) for side in ink.shape]
    small = Image.fromarray((ink * 255).astype(np.uint8)).resize((size[1], size[0]), Image.Resampling.BOX)
    small = np.asarray(small, np.float32)

    mass = small.sum()
    centre_y = (small.sum(1) @ np.arange(size[0])) / mass
    centre_x = (small.sum(0) @ np.arange(size[1])) / mass
    # Measured: the mean centre of the digits is 14.0, counted from 0, in both directions.
    top = int(np.clip(round(height / 2 - centre_y), 0, height - size[0]))
    left = int(np.clip(round(width / 2 - centre_x), 0, width - size[1]))
    sheet = np.zeros((height, width), np.uint8)
    sheet[top : top + size[0], left : left + size[1]] = small.round()
    return torch.from_numpy(sheet)[None, None]  # (1, 1, height, width)


def as_photograph(picture: np.ndarray, spec: DataSpec) -> Tensor:
    """The middle of a picture, uint8 `(height, width, 3)`, in the size and channels of `spec`.

    Returns: uint8 `(1, channels, height, width)`.
    """
    channels, height, width = spec.shape
    fitted = ImageOps.fit(Image.fromarray(picture), (width, height), Image.Resampling.LANCZOS)
    pixels = np.array(fitted.convert("L" if channels == 1 else "RGB"))
    return torch.from_numpy(pixels).view(height, width, channels).permute(2, 0, 1)[None]


def as_in_data(image: Tensor, loaded: Loaded) -> Tensor:
    """A picture of one data set, uint8 `(1, channels, height, width)`, for a model whose own may be of another size."""
    if tuple(image.shape[1:]) == loaded.spec.shape:
        return image
    return as_photograph(image[0].expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy(), loaded.spec)


def bounded(picture: np.ndarray, channels: int, longest: int) -> Tensor:
    """A picture, uint8 `(height, width, 3)`, shrunk until no side is longer than `longest` pixels.

    Returns: float32 in 0..1, `(1, channels, height, width)`.
    """
    image = Image.fromarray(picture).convert("L" if channels == 1 else "RGB")
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    pixels = np.array(image, np.float32).reshape(image.height, image.width, channels) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1)[None]
