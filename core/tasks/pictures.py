"""Pictures that runs show of themselves, as uint8 arrays. PIL only, so that a GPU node can make them."""

from __future__ import annotations

import textwrap

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

PAPER, INK, ACCENT, WRONG = (255, 255, 255), (30, 34, 40), (0, 114, 178), (213, 94, 0)  # Okabe and Ito 2008
FAINT = (120, 128, 138)
MOST_BITS = 8.0  # of surprise, that take the full colour


def grid(images: Tensor, columns: int, *, gap: int = 2, zoom: int = 1) -> np.ndarray:
    """Images side by side.

    Arguments: `images` uint8 or float in 0..1, `(n, channels, height, width)` with 1 or 3 channels; `columns`;
    `gap` in pixels; `zoom`, a whole factor by which each pixel is enlarged.
    Returns: uint8 `(height, width, 3)`.
    """
    if images.dtype != torch.uint8:
        images = images.clamp(0, 1).mul(255).round().to(torch.uint8)
    tiles = images.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).cpu().numpy()  # (n, height, width, 3)
    tiles = tiles.repeat(zoom, axis=1).repeat(zoom, axis=2)
    n, height, width, _ = tiles.shape
    rows = -(-n // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for i, tile in enumerate(tiles):
        y, x = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[y : y + height, x : x + width] = tile
    return sheet


def labelled(
    images: Tensor, labels: list[str], columns: int, *, wrong: list[bool] | None = None, zoom: int = 2
) -> np.ndarray:
    """As `grid`, with a line of text under each picture, in the warning colour where `wrong`."""
    font = ImageFont.load_default(14)
    tiles = [Image.fromarray(grid(image[None], 1, zoom=zoom)) for image in images]
    width, height = max(tiles[0].width, 64), tiles[0].height + 22
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * (width + 6), rows * (height + 4)), PAPER)
    draw = ImageDraw.Draw(sheet)
    for i, (tile, label) in enumerate(zip(tiles, labels, strict=True)):
        x, y = (i % columns) * (width + 6), (i // columns) * (height + 4)
        sheet.paste(tile, (x + (width - tile.width) // 2, y))
        colour = WRONG if wrong and wrong[i] else INK
        draw.text((x + width / 2, y + tile.height + 2), label, fill=colour, font=font, anchor="mt")
    return np.asarray(sheet)


def matrix(values: np.ndarray, rows: list[str], columns: list[str], *, cell: int = 34, numbers: bool = False) -> np.ndarray:
    """A matrix in shades of blue with its names beside and below.

    Arguments: `values` `(rows, columns)`, not negative; `cell` in pixels; `numbers` writes each value into its cell.
    Returns: uint8 `(height, width, 3)`.
    """
    font = ImageFont.load_default(13)
    left = 12 + max(int(font.getlength(name)) for name in rows)
    below = 12 + max(int(font.getlength(name)) for name in columns)
    sheet = Image.new("RGB", (left + cell * len(columns) + 8, 8 + cell * len(rows) + below), PAPER)
    draw = ImageDraw.Draw(sheet)
    top = max(float(values.max()), 1e-12)
    for r, name in enumerate(rows):
        draw.text((left - 6, 8 + cell * (r + 0.5)), name, fill=INK, font=font, anchor="rm")
        for c in range(len(columns)):
            share = float(values[r, c]) / top
            shade = tuple(round(p + (a - p) * share) for p, a in zip(PAPER, ACCENT, strict=True))
            x, y = left + cell * c, 8 + cell * r
            draw.rectangle((x, y, x + cell - 2, y + cell - 2), fill=shade)
            if numbers and values[r, c]:
                draw.text((x + cell / 2, y + cell / 2), f"{values[r, c]:g}", fill=PAPER if share > 0.5 else INK,
                          font=font, anchor="mm")
    for c, name in enumerate(columns):
        strip = Image.new("RGB", (below, cell), PAPER)
        ImageDraw.Draw(strip).text((below - 6, cell / 2), name, fill=INK, font=font, anchor="rm")
        sheet.paste(strip.rotate(90, expand=True), (left + cell * c, 8 + cell * len(rows)))
    return np.asarray(sheet)


def passage(characters: list[str], bits: list[float | None], *, columns: int = 72) -> np.ndarray:
    """A text, each character on a ground that is the darker the more it surprises; None, faint on plain ground: given.

    Arguments: `bits`, of surprise, one for each character; `columns`, characters of a line.
    Returns: uint8 `(height, width, 3)`.
    """
    wide, high, font = 10, 20, ImageFont.load_default(15)
    places, row, column = [], 0, 0
    for character in characters:
        if column == columns:
            row, column = row + 1, 0
        places.append((row, column))
        row, column = (row + 1, 0) if character == "\n" else (row, column + 1)
    sheet = Image.new("RGB", (wide * columns + 16, high * (row + 1) + 16), PAPER)
    draw = ImageDraw.Draw(sheet)
    for character, surprise, (row, column) in zip(characters, bits, places, strict=True):
        x, y = 8 + wide * column, 8 + high * row
        share = 0.0 if surprise is None else 0.8 * min(1.0, surprise / MOST_BITS)
        shade = tuple(round(p + (a - p) * share) for p, a in zip(PAPER, ACCENT, strict=True))
        draw.rectangle((x, y, x + wide - 1, y + high - 2), fill=shade)
        if character != "\n":
            ink = FAINT if surprise is None else PAPER if share > 0.5 else INK
            draw.text((x + wide / 2, y + high / 2), character, fill=ink, font=font, anchor="mm")
    return np.asarray(sheet)


def filled(sentences: list[dict], *, width: int = 640) -> np.ndarray:
    """Sentences whose gaps are filled with the likeliest word: blue where it is the one that stood there, else orange, with
    that one faint after it.

    Arguments: `sentences`, of each its `tokens`, the `places` of its gaps, and of each gap the `guesses`, `[word, chance]`,
    the likeliest first; `width` in pixels.
    Returns: uint8 `(height, width, 3)`.
    """
    font, line, space, edge = ImageFont.load_default(15), 24, 6, 10
    drawn, x, y = [], edge, edge  # of each word its place, its text and its colours
    for sentence in sentences:
        gaps = dict(zip(sentence["places"], sentence["guesses"], strict=True))
        for i, token in enumerate(sentence["tokens"]):
            words = [(token, INK, PAPER)]
            if i in gaps:
                word, chance = gaps[i][0]
                right = word == token
                words = [(f"{word} {100 * chance:.0f} %", PAPER, ACCENT if right else WRONG)]
                words += [] if right else [(token, FAINT, PAPER)]
            for text, ink, ground in words:
                wide = int(font.getlength(text))
                if x > edge and x + wide > width - edge:
                    x, y = edge, y + line
                drawn.append((x, y, wide, text, ink, ground))
                x += wide + space
        x, y = edge, y + line + 12
    sheet = Image.new("RGB", (width, max(y, line)), PAPER)
    draw = ImageDraw.Draw(sheet)
    for x, y, wide, text, ink, ground in drawn:
        draw.rounded_rectangle((x - 2, y, x + wide + 2, y + line - 4), 3, fill=ground)
        draw.text((x, y + line / 2 - 2), text, fill=ink, font=font, anchor="lm")
    return np.asarray(sheet)


def lines(groups: list[tuple[str, ...]], *, columns: int = 96) -> np.ndarray:
    """Texts in groups, one under the other: the last of each group in the accent's colour, those before it faint.

    Arguments: `columns`, characters of a line, at which longer ones break.
    Returns: uint8 `(height, width, 3)`.
    """
    high, font, rows = 22, ImageFont.load_default(15), []
    for *before, last in groups:
        rows += [(part, FAINT) for text in before for part in textwrap.wrap(text, columns)]
        rows += [*((part, ACCENT) for part in textwrap.wrap(last, columns)), ("", PAPER)]
    sheet = Image.new("RGB", (8 * columns, high * len(rows) + 16), PAPER)
    draw = ImageDraw.Draw(sheet)
    for i, (text, colour) in enumerate(rows):
        draw.text((8, 8 + high * (i + 0.5)), text, fill=colour, font=font, anchor="lm")
    return np.asarray(sheet)


def described(images: Tensor, texts: list[list[str]], *, height: int = 144, columns: int = 52) -> np.ndarray:
    """Pictures one under the other, each with its texts beside it: the first in the accent's colour, the others faint.

    Arguments: `images` uint8 `(n, 3, side, side)`, drawn with that `height`; `columns`, characters at which lines break.
    Returns: uint8 `(height, width, 3)`.
    """
    line, gap, font = 20, 14, ImageFont.load_default(15)
    wrapped = [[(part, FAINT if i else ACCENT) for i, text in enumerate(each) for part in textwrap.wrap(text, columns)]
               for each in texts]
    tall = [max(height, line * len(parts)) + gap for parts in wrapped]
    sheet = Image.new("RGB", (height + gap + 8 * columns, sum(tall) - gap), PAPER)
    draw, y = ImageDraw.Draw(sheet), 0
    for image, parts, room in zip(images, wrapped, tall, strict=True):
        tile = Image.fromarray(image.permute(1, 2, 0).cpu().numpy())
        sheet.paste(tile.resize((height, height), Image.Resampling.BICUBIC), (0, y))
        for i, (text, colour) in enumerate(parts):
            draw.text((height + gap, y + line * (i + 0.5)), text, fill=colour, font=font, anchor="lm")
        y += room
    return np.asarray(sheet)


def lit(image: Tensor, weights: Tensor, side: int) -> Tensor:
    """A picture uint8 `(3, height, width)`, `side` pixels high and wide, bright where `weights` `(rows, columns)` are large
    and dark where they are small: uint8 `(3, side, side)`."""
    size = (side, side)
    light = F.interpolate((weights / weights.max())[None, None].float(), size, mode="bicubic").clamp(0, 1)[0]
    large = F.interpolate(image[None].float(), size, mode="bicubic").clamp(0, 255)[0]
    return (large * (0.2 + 0.8 * light)).round().to(torch.uint8)


def side_by_side(pictures: list[np.ndarray], *, gap: int = 12) -> np.ndarray:
    """Pictures uint8 `(height, width, 3)` of any sizes in one row, aligned at the top."""
    height = max(picture.shape[0] for picture in pictures)
    sheet = np.full((height, sum(picture.shape[1] + gap for picture in pictures) - gap, 3), 255, np.uint8)
    x = 0
    for picture in pictures:
        sheet[: picture.shape[0], x : x + picture.shape[1]] = picture
        x += picture.shape[1] + gap
    return sheet


def against(true: np.ndarray, told: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Numbers told `(n,)`, upwards, against the true ones, across; on the line they are the same. Those that are `wrong` are
    in the warning colour. What lies outside the range of the true ones stands at the rim.

    Returns: uint8 `(height, width, 3)`.
    """
    side, left, rim, zoom, font = 320, 64, 12, 2, ImageFont.load_default(13)
    low, high = float(true.min()), float(true.max())
    high = max(high, low + 1e-6)

    def place(values: np.ndarray) -> np.ndarray:
        return side * np.clip((values - low) / (high - low), 0, 1)

    width, height = left + side + rim, rim + side + 44
    field = Image.new("RGB", (zoom * width, zoom * height), PAPER)  # drawn twice as large, then shrunk: smooth dots
    draw = ImageDraw.Draw(field)
    draw.line([zoom * at for at in (left, rim + side, left + side, rim)], fill=FAINT, width=zoom)
    for x, y, off in zip(left + place(true), rim + side - place(told), wrong, strict=True):
        draw.ellipse([zoom * at for at in (x - 3, y - 3, x + 3, y + 3)], fill=WRONG if off else ACCENT)
    sheet = field.resize((width, height), Image.Resampling.BOX)
    draw = ImageDraw.Draw(sheet)
    for value, share in ((low, 0), (high, 1)):
        draw.text((left - 8, rim + side * (1 - share)), f"{value:.2f}", fill=FAINT, font=font, anchor="rm")
        anchor = "rt" if share else "lt"
        draw.text((left + side * share, rim + side + 8), f"{value:.2f}", fill=FAINT, font=font, anchor=anchor)
    draw.text((8, rim + side / 2), "told", fill=INK, font=font, anchor="lm")
    draw.text((left + side / 2, rim + side + 24), "true", fill=INK, font=font, anchor="mt")
    return np.asarray(sheet)


def heard(spectrum: np.ndarray, chances: np.ndarray, letters: list[str], title: str) -> np.ndarray:
    """A recording as a network hears it: its mel spectrum above, below it how likely each letter is at each step.

    Arguments: `spectrum` `(mels, frames)`, the lowest band first, around 0; `chances` `(letters, steps)` in 0..1, over the
    same time, with the names of the `letters`.
    Returns: uint8 `(height, width, 3)`.
    """
    font = ImageFont.load_default(13)
    left, row, width = 12 + max(int(font.getlength(name)) for name in letters), 16, 480
    sheet = Image.new("RGB", (left + width + 8, 30 + 120 + 8 + row * len(letters) + 8), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((left, 15), title, fill=INK, font=font, anchor="lm")
    loud = np.clip((spectrum[::-1] + 2) / 4, 0, 1)
    sheet.paste(_shaded(loud).resize((width, 120), Image.Resampling.BILINEAR), (left, 30))
    sheet.paste(_shaded(chances).resize((width, row * len(letters)), Image.Resampling.NEAREST), (left, 158))
    for i, name in enumerate(letters):
        draw.text((left - 6, 158 + row * (i + 0.5)), name, fill=INK, font=font, anchor="rm")
    return np.asarray(sheet)


def _shaded(shares: np.ndarray) -> Image.Image:
    """Values in 0..1 `(height, width)` from the paper's colour to the accent's."""
    paper, accent = np.array(PAPER), np.array(ACCENT)
    return Image.fromarray((paper + (accent - paper) * shares[:, :, None]).round().astype(np.uint8))


def film(screens: list[np.ndarray], captions: list[str], title: str, *, columns: int = 4, width: int = 200) -> np.ndarray:
    """Screens of a game in rows, uint8 `(height, width, 3)` of one size, each `width` pixels wide with its caption below,
    and one line above all.

    Returns: uint8 `(height, width, 3)`.
    """
    font, head, foot, gap = ImageFont.load_default(14), 28, 22, 8
    high = round(width * screens[0].shape[0] / screens[0].shape[1])
    rows = -(-len(screens) // columns)
    sheet = Image.new("RGB", (columns * (width + gap) + gap, head + rows * (high + foot) + gap), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((gap, head / 2), title, fill=INK, font=font, anchor="lm")
    for i, (screen, caption) in enumerate(zip(screens, captions, strict=True)):
        x, y = gap + (i % columns) * (width + gap), head + (i // columns) * (high + foot)
        sampling = Image.Resampling.NEAREST if screen.shape[1] < width else Image.Resampling.BOX
        sheet.paste(Image.fromarray(screen).resize((width, high), sampling), (x, y))
        draw.text((x + width / 2, y + high + foot / 2), caption, fill=INK, font=font, anchor="mm")
    return np.asarray(sheet)
