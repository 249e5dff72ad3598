"""What a classifier makes of rows of numbers: the border that it draws across the plane, and the rows it gets most wrong."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from core.datasets.base import Split
from core.tasks.base import ClassifierTask, Preview, chosen
from core.tasks.pictures import INK, PAPER, WRONG

# A colour a class, told apart by every kind of colour vision: Okabe and Ito 2008, as in the dashboard's figures.
CLASS_COLOURS = ((0, 114, 178), (230, 159, 0), (0, 158, 115), (213, 94, 0), (204, 121, 167), (86, 180, 233))
DEEPEST = 0.62  # share of its class's colour where the model is sure: the points have to stand out
GRID, SIDE = 120, 480  # answers along a side of the plane, and pixels of the picture
ROWS, COLUMNS = 12, 5  # mistakes that are listed, and features of each that have room in the picture

Plane = tuple[float, float, float, float]  # left, right, bottom and top of a part of the plane


def plane(points: Tensor) -> Plane:
    """The part of the plane that holds all `points` `(n, 2)`, and a margin of an eighth."""
    low, high = points.amin(0), points.amax(0)
    margin = (high - low).clamp_min(1e-6) / 8
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return left, right, bottom, top


def grid(where: Plane, count: int) -> Tensor:
    """`count * count` points `(., 2)` evenly over a part of the plane, row by row, the lowest row first."""
    left, right, bottom, top = where
    return torch.cartesian_prod(torch.linspace(bottom, top, count), torch.linspace(left, right, count)).flip(1)


def tints(chances: Tensor) -> Tensor:
    """Colours, uint8 `(..., 3)`, of chances `(..., classes)`: the likeliest class's, paler the nearer its chance is to
    guessing."""
    classes = chances.shape[-1]
    best, guess = chances.max(-1)
    sure = ((best - 1 / classes) / (1 - 1 / classes)).unsqueeze(-1)
    colours = torch.tensor(CLASS_COLOURS)[guess % len(CLASS_COLOURS)].float()
    return (255 - DEEPEST * sure * (255 - colours)).round().to(torch.uint8)


def previews(task: ClassifierTask, split: Split, logits: Tensor) -> Iterable[Preview]:
    """What to show of a model's `logits` `(n, classes)` for a split of rows: of two features the plane with its border,
    of more the worst mistakes."""
    inputs, targets = split.inputs.cpu(), split.targets.cpu()
    if inputs.shape[1] == 2:
        where = plane(inputs)
        chances = task.logits(Split(grid(where, GRID))).softmax(1).view(GRID, GRID, -1)  # (row, column, classes)
        yield Preview("boundary", boundary(chances, where, inputs, targets, logits.argmax(1)))
    else:
        yield mistakes(task.spec.features, task.spec.classes, inputs, targets, logits)


def boundary(chances: Tensor, where: Plane, points: Tensor, targets: Tensor, guesses: Tensor) -> np.ndarray:
    """The plane in its classes' tints, with the points on it: one that is taken for another class has a dark rim.

    Arguments: `chances` `(rows, columns, classes)` over `where`, lowest row first; `points` `(n, 2)`, with their `targets`
    and the `guesses` at them, `(n,)` each. Returns: uint8 `(SIDE, SIDE, 3)`.
    """
    zoom = 2  # drawn twice as large, then shrunk: smooth rims
    field = Image.fromarray(tints(chances).flip(0).numpy())
    sheet = field.resize((zoom * SIDE, zoom * SIDE), Image.Resampling.BILINEAR)
    draw = ImageDraw.Draw(sheet)
    left, right, bottom, top = where
    wrong = guesses != targets
    for i in wrong.int().argsort(stable=True).tolist():  # the mistakes last, so that none is hidden
        x, y = points[i].tolist()
        x, y = zoom * SIDE * (x - left) / (right - left), zoom * SIDE * (top - y) / (top - bottom)
        radius, width, rim = (zoom * 6, zoom * 2, INK) if wrong[i] else (zoom * 4.5, zoom, PAPER)
        colour = CLASS_COLOURS[int(targets[i]) % len(CLASS_COLOURS)]
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour, outline=rim, width=width)
    return np.asarray(sheet.resize((SIDE, SIDE), Image.Resampling.BOX))


def mistakes(
    features: tuple[str, ...], classes: tuple[str, ...], inputs: Tensor, targets: Tensor, logits: Tensor
) -> Preview:
    """The rows that cost most, worst first, as text; where nothing is wrong, some rows evenly out of all."""
    chances, guesses = logits.softmax(1), logits.argmax(1)
    worst = F.cross_entropy(logits, targets, reduction="none").argsort(descending=True)
    worst = worst[guesses[worst] != targets[worst]][:ROWS]
    if len(worst) == 0:
        worst = chosen(Split(inputs), ROWS)
    held = {
        "index": worst.tolist(),
        "true": [classes[targets[i]] for i in worst],
        "guess": [classes[guesses[i]] for i in worst],
        "chance": [round(chances[i, guesses[i]].item(), 4) for i in worst],
        "features": list(features),
        "rows": [[float(f"{value:.6g}") for value in inputs[i].tolist()] for i in worst],
    }
    head = ["it is", "the model says", "chance", *features[:COLUMNS]]
    lines = [
        [true, guess, f"{100 * chance:.0f} %", *(f"{value:.4g}" for value in row[:COLUMNS])]
        for true, guess, chance, row in zip(held["true"], held["guess"], held["chance"], held["rows"], strict=True)
    ]
    return Preview("worst_mistakes", written(head, lines, (guesses[worst] != targets[worst]).tolist()), held)


def written(head: list[str], lines: list[list[str]], wrong: list[bool]) -> np.ndarray:
    """A table as a picture, uint8 `(height, width, 3)`; the second column of a wrong line stands in the warning colour."""
    font, bold = ImageFont.load_default(14), ImageFont.load_default(13)
    widths = [24 + int(max(bold.getlength(title), *(font.getlength(line[c]) for line in lines)))
              for c, title in enumerate(head)]
    sheet = Image.new("RGB", (sum(widths) + 12, 26 * (len(lines) + 1) + 8), PAPER)
    draw = ImageDraw.Draw(sheet)
    for r, line in enumerate([head, *lines]):
        for c, text in enumerate(line):
            colour = (120, 128, 138) if r == 0 else WRONG if c == 1 and wrong[r - 1] else INK
            draw.text((12 + sum(widths[:c]), 8 + 26 * r), text, fill=colour, font=font if r else bold)
    return np.asarray(sheet)
