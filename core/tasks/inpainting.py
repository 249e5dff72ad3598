"""Inpainting: a picture with a hole in, the whole one out. The loss is that of Liu et al. 2018, "Image inpainting for
irregular holes using partial convolutions", section 3.3, as far as it needs no pretrained network."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor

from core.catalog import DataSpec, task
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, setting
from core.tasks.base import Preview, SupervisedTask, chosen, scaled
from core.tasks.likeness import WINDOW, beside, psnr, ssim

Kind = Literal["mixed", "boxes", "strokes", "text"]
KINDS = ("boxes", "strokes", "text")
HIDDEN_WEIGHT = 6.0  # of a hidden pixel's error; a visible one's is 1: Liu et al. 2018, equation 7
BOXES, STROKES, POINTS = 3, 2, 6  # at most, of each hole, and of a stroke
LINE = "The quick brown fox jumps over the lazy dog 0123456789 "


@task(
    "inpainting",
    title="Inpainting",
    year=2018,
    people="Guilin Liu, Fitsum Reda, Kevin Shih, Ting-Chun Wang, Andrew Tao, Bryan Catanzaro",
    paper="Image inpainting for irregular holes using partial convolutions",
    url="https://arxiv.org/abs/1804.07723",
    beginner="Fill a hole in a picture so that nobody sees that something was there: the network is shown pictures with "
    "holes and learns what stood in them. Then paint over what you want to be rid of.",
    expert="Absolute error, six times as heavy in the hole as beside it; the paper's perceptual, style and variation terms "
    "are left out, since they need a pretrained network. Fresh holes in every step, the same ones at every look. What is "
    "visible is kept as it was. Measured in the hole alone and in the whole picture, and against the trivial answer, the "
    "mean of the visible pixels: `psnr_margin` is by how much the PSNR in the hole is above that one's.",
)
class Inpainting(SupervisedTask):
    """Model: images with a last channel more, `(batch, channels + 1, height, width)`, that is 1 where the others are visible
    and 0 where they are hidden, and 0 too, to whole images `(batch, channels, height, width)` in 0..1."""

    measure, more_is_better = "validation/hole_psnr", True

    class Settings(Settings):
        holes: Kind = setting("mixed", "What hides the picture: up to three boxes, thick strokes, letters, or each of these "
                              "for a third of the pictures.")
        share: float = setting(
            0.2, "How much of each picture is hidden when the model is judged; to learn from, any part up to twice that.",
            unit="of the picture", gt=0, le=0.5,
        )

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.kind != "images":
            return "inpainting needs pictures."
        if min(spec.shape[1:]) < WINDOW:
            return f"inpainting needs pictures of at least {WINDOW}×{WINDOW} pixels, to measure their structure."
        return None

    @classmethod
    def model_spec(cls, spec: DataSpec, settings: Settings) -> DataSpec:
        channels, *size = spec.shape
        return spec.model_copy(update={"shape": (channels + 1, *size), "output_channels": channels, "classes": ()})

    def mend(self, images: Tensor, visible: Tensor) -> Tensor:
        """Float images `(batch, channels, height, width)` in 0..1 with the model's answer where `visible`, `(batch, 1,
        height, width)`, is 0."""
        with torch.no_grad(), self.autocast():
            made = self.model(holed(images, visible)).float().clamp(0, 1)
        return torch.where(visible > 0, images, made)

    def hide(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """What is visible of each image, `(batch, 1, height, width)`, with holes of the size that the model is judged by.
        They are drawn on the CPU, so that they are the same on every device."""
        shares = torch.full((len(images),), self.settings.share)
        return holes(images.shape[2:], self.settings.holes, shares, generator).to(images.device)

    def model_input(self, batch: Batch) -> Tensor:
        images = scaled(batch.inputs)
        return holed(images, self._fresh(images))

    def _fresh(self, images: Tensor) -> Tensor:
        shares = 2 * self.settings.share * torch.rand(len(images), device=images.device)
        return holes(images.shape[2:], self.settings.holes, shares)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        images = scaled(batch.inputs)
        visible = self._fresh(images)
        made = self.model(holed(images, visible)).float()
        weights = visible + HIDDEN_WEIGHT * (1 - visible)
        return ((made - images).abs() * weights).mean(), {"hole_psnr": hole_psnr(made.detach(), images, visible).mean()}

    def evaluate(self, split: Split) -> dict[str, float]:
        """`psnr` (dB), `ssim` and `l1` (absolute error, of the range) of the whole filled picture, `hole_psnr` and `hole_l1`
        in the hole alone; `mean_psnr`, `mean_ssim`, `mean_hole_psnr` ... the same of the mean fill; `psnr_margin`: each the
        mean over the pictures of the split."""
        generator = torch.Generator().manual_seed(0)  # the same holes at every look, in every run
        sums: dict[str, float] = {}
        for batch in split.batches(100, self.device):
            images = scaled(batch.inputs)
            visible = self.hide(images, generator)
            for prefix, filled in (("", self.mend(images, visible)), ("mean_", mean_fill(images, visible))):
                error = (filled - images).abs()
                measures = {
                    "psnr": psnr(filled, images), "ssim": ssim(filled, images), "l1": error.mean((1, 2, 3)),
                    "hole_psnr": hole_psnr(filled, images, visible), "hole_l1": in_hole(error, visible),
                }
                for name, values in measures.items():
                    sums[prefix + name] = sums.get(prefix + name, 0.0) + values.sum().item()
        means = {name: total / len(split) for name, total in sums.items()}
        return means | {"psnr_margin": means["hole_psnr"] - means["mean_hole_psnr"]}

    def previews(self, data: Data) -> Iterable[Preview]:
        yield self._look("filled", data.validation)

    def report(self, data: Data) -> Iterable[Preview]:
        yield self._look("test_filled", data.test)

    def _look(self, name: str, split: Split) -> Preview:
        """A row of whole pictures, one with the mean in the holes, and one as the model fills them."""
        index = chosen(split, 8)
        images = scaled(split.take(index, self.device).inputs)
        visible = self.hide(images, torch.Generator().manual_seed(0))
        rows = {"mean fill": mean_fill(images, visible), "filled": self.mend(images, visible)}
        return beside(name, index.tolist(), "whole", images, rows)


def holed(images: Tensor, visible: Tensor) -> Tensor:
    """What a model is given: the images, 0 where they are hidden, and what of them is visible as a last channel."""
    return torch.cat([images * visible, visible], 1)


def mean_fill(images: Tensor, visible: Tensor) -> Tensor:
    """The trivial answer: each channel's mean over what is visible of it, in the hole."""
    mean = (images * visible).sum((2, 3), keepdim=True) / visible.sum((2, 3), keepdim=True).clamp_min(1)
    return torch.where(visible > 0, images, mean)


def in_hole(values: Tensor, visible: Tensor) -> Tensor:
    """The mean of values `(batch, channels, height, width)` over each image's hole, `(batch,)`."""
    hidden = (1 - visible).expand_as(values)
    return (values * hidden).sum((1, 2, 3)) / hidden.sum((1, 2, 3)).clamp_min(1)


def hole_psnr(images: Tensor, whole: Tensor, visible: Tensor) -> Tensor:
    """As `likeness.psnr`, `(batch,)`, over the pixels of the hole alone."""
    return -10 * in_hole((images - whole).square(), visible).clamp_min(1e-10).log10()


def holes(size: tuple[int, int], kind: Kind, shares: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """What holes leave visible, float `(batch, 1, height, width)` of 1 and 0.

    Arguments: `size`, height and width; `shares` `(batch,)`, how much of each picture is hidden: that many pixels, at least
    one; `generator`, of their device, for holes that can be repeated. `mixed` takes the three kinds in turn.

    Each kind is a field over the picture, and hidden is where it is highest: so boxes, strokes and letters grow until they
    hide as much as they should.
    """
    count, (height, width) = len(shares), size
    kinds = KINDS if kind == "mixed" else (kind,)
    fields = torch.empty(count, height * width, device=shares.device)
    for i, each in enumerate(kinds):
        mine = fields[i :: len(kinds)]
        if len(mine):
            mine.copy_(_FIELDS[each](len(mine), height, width, {"generator": generator, "device": shares.device}).flatten(1))
    hidden = (shares * height * width).round().clamp(1, height * width - 1)
    highest = fields.argsort(1, descending=True)
    rank = torch.arange(height * width, device=shares.device).expand(count, -1)
    visible = torch.empty_like(fields).scatter_(1, highest, (rank >= hidden[:, None]).float())
    return visible.view(count, 1, height, width)


def _places(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Of each pixel how far down and how far right it is, where the shorter side is 1: `(height, 1)` and `(1, width)`."""
    rows, columns = torch.arange(height, device=device) + 0.5, torch.arange(width, device=device) + 0.5
    return rows[:, None] / min(height, width), columns[None] / min(height, width)


def _corner(height: int, width: int, device: torch.device) -> Tensor:
    return torch.tensor((height, width), device=device) / min(height, width)


def _boxes(count: int, height: int, width: int, draw: dict) -> Tensor:
    """Up to `BOXES` boxes of different sides, each by chance but the first: `(count, height, width)`."""
    down, right = _places(height, width, draw["device"])
    middle = torch.rand(count, BOXES, 2, **draw) * _corner(height, width, draw["device"])
    half = 0.5 + torch.rand(count, BOXES, 2, **draw)
    y, x, tall, wide = (part[..., None, None] for part in (*middle.unbind(2), *half.unbind(2)))
    outside = torch.maximum((down - y).abs() / tall, (right - x).abs() / wide)  # (count, boxes, height, width)
    missing = torch.rand(count, BOXES, **draw) < 0.5
    missing[:, 0] = False
    return -(outside + 10 * missing[..., None, None]).amin(1)


def _strokes(count: int, height: int, width: int, draw: dict) -> Tensor:
    """`STROKES` thick lines of `POINTS` points, each some way from the one before: `(count, height, width)`."""
    down, right = _places(height, width, draw["device"])
    corner = _corner(height, width, draw["device"])
    steps = 0.3 * torch.randn(count, STROKES, POINTS, 2, **draw)
    steps[:, :, 0] = torch.rand(count, STROKES, 2, **draw) * corner
    points = (corner - (corner - steps.cumsum(2).abs()).abs()).clamp_min(0)  # mirrored at the edges
    (y, x), (to_y, to_x) = (part[..., None, None].unbind(3) for part in (points[:, :, :-1], points[:, :, 1:]))
    dy, dx = to_y - y, to_x - x  # each (count, strokes, points - 1, 1, 1)
    along = (((down - y) * dy + (right - x) * dx) / (dy.square() + dx.square()).clamp_min(1e-9)).clamp(0, 1)
    distance = (down - y - along * dy).square() + (right - x - along * dx).square()
    return -distance.amin((1, 2))


def _text(count: int, height: int, width: int, draw: dict) -> Tensor:
    """Letters, a fifth as high as the picture, another part of the sheet for each: `(count, height, width)`."""
    sheet = _sheet(height, width).to(draw["device"])
    down = torch.randint(sheet.shape[0] - height + 1, (count, 1, 1), **draw)
    right = torch.randint(sheet.shape[1] - width + 1, (count, 1, 1), **draw)
    rows, columns = (torch.arange(side, device=draw["device"]) for side in (height, width))
    return sheet[down + rows[:, None], right + columns]


@lru_cache(4)
def _sheet(height: int, width: int) -> Tensor:
    """A sheet of letters four times as large as a picture, high in their middle and lower further out, `(rows, columns)`."""
    letter = max(8, min(height, width) // 5)
    sheet = Image.new("L", (4 * width, 4 * height))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(letter)
    for row in range(0, sheet.height, round(1.3 * letter)):
        draw.text((-(row * 7 % (10 * letter)), row), LINE * (2 + sheet.width // letter // 20), fill=255, font=font)
    ink = pil_to_tensor(sheet)[None].float() / 255  # (1, 1, rows, columns)
    reach = 2 * (letter // 8) + 1
    field = ink
    for _ in range(3):  # near enough to a Gaussian
        field = F.avg_pool2d(field, reach + 2, 1, reach // 2 + 1)
    return (ink + field)[0, 0]


_FIELDS = {"boxes": _boxes, "strokes": _strokes, "text": _text}
