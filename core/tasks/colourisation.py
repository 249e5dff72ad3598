"""Colourisation: lightness in, colours out: Zhang, Isola and Efros 2016, "Colorful image colorization", section 2; and plain
regression, which they compare with."""

from collections.abc import Iterable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.catalog import DataSpec, task
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, Training, setting
from core.tasks.base import Preview, SupervisedTask, chosen, scaled
from core.tasks.lab import SQUARES, squares, to_lab, to_rgb
from core.tasks.likeness import WINDOW, beside, psnr

NEAREST, SPREAD = 5, 5.0  # squares that a colour is shared out to, and how: section 2.1
UNIFORM = 0.5  # share of a uniform distribution in that which colours are weighed by: equation 4
TEMPERATURE = 0.38  # of the annealed mean: equation 5
RANGE = 100.0  # of a and b, that a model's 1 stands for
SAMPLE = 1000  # pictures that the colours are counted in
FURTHEST = 150  # distance in a and b up to which shares of pixels are counted


@task(
    "colourisation",
    title="Colourisation",
    year=2016,
    people="Richard Zhang, Phillip Isola, Alexei Efros",
    paper="Colorful image colorization",
    url="https://arxiv.org/abs/1603.08511",
    beginner="Give a black-and-white picture its colours back. Nobody can know whether a car was red or blue; the network "
    "has to guess what such a thing may look like.",
    expert="In Lab: a and b from L. As classes, each pixel gets a distribution over the squares, 10 apart, that hold "
    "colours of sRGB (261 here; the paper counts 313), learned from its five nearest, weighed by a Gaussian of 5, by "
    "cross-entropy, rare colours weighed more (λ = ½); read out by the annealed mean at T = 0.38. Regression learns a and b "
    "by squared error, whose best answer to a doubt is grey. `ab_error` is the root mean square distance in a and b, "
    "`ab_margin` how far it is below that of grey; `auc` the mean share of pixels within 0 to 150 of their colour (the "
    "paper's raw accuracy); `colourfulness` that of Hasler and Süsstrunk 2003. Weighing rare colours costs accuracy and "
    "brings colour, in the paper too.",
)
class Colourisation(SupervisedTask):
    """Model: lightness `(batch, 1, height, width)` in 0..1 to logits of the squares, `(batch, squares, height, width)`, or
    to a and b in hundreds, `(batch, 2, height, width)`; the answer may be smaller than the picture."""

    measure, more_is_better = "validation/auc", True

    class Settings(Settings):
        colours: Literal["classes", "regression"] = setting(
            "classes", "What is learned: how likely each of many colours is, or one colour, the mean of all that may be."
        )
        rebalance: bool = setting(
            True, "Weigh rare colours more, where colours are classes: more vivid, and more often wrong."
        )

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.kind != "images" or spec.shape[0] != 3:
            return "colourisation needs pictures in colour."
        if min(spec.shape[1:]) < WINDOW:
            return f"colourisation needs pictures of at least {WINDOW}×{WINDOW} pixels, to measure their structure."
        return None

    @classmethod
    def model_spec(cls, spec: DataSpec, settings: Settings) -> DataSpec:
        asked = len(SQUARES) if settings.colours == "classes" else 2
        return spec.model_copy(update={"shape": (1, *spec.shape[1:]), "output_channels": asked, "classes": ()})

    def __init__(self, settings: Settings, training: Training, spec: DataSpec, model: nn.Module):
        super().__init__(settings, training, spec, model)
        self.weights = torch.ones(len(SQUARES), device=self.device)

    def reads(self, train: Split) -> Split:
        """Counts the colours that there are, to weigh the rare ones."""
        if self.settings.colours == "classes" and self.settings.rebalance:
            images = scaled(train.take(chosen(train, SAMPLE), self.device).inputs)
            ab = F.avg_pool2d(to_lab(images)[:, 1:], 2)  # at half the size, which is enough to count
            self.weights = rarity(torch.cat([_counted(part) for part in ab.split(100)]))
        return train

    def colours(self, lightness: Tensor) -> Tensor:
        """Lightness `(batch, 1, height, width)` in 0..1 to a and b, `(batch, 2, height, width)`."""
        with torch.no_grad(), self.autocast():
            answer = self._answer(lightness)
        answer = annealed_mean(answer) if self.settings.colours == "classes" else answer * RANGE
        return F.interpolate(answer, lightness.shape[2:], mode="bilinear", align_corners=False)

    def _answer(self, lightness: Tensor) -> Tensor:
        """What the model says, at no more than half of the picture's sides: colour is coarser than light."""
        answer = self.model(lightness).float()
        return F.avg_pool2d(answer, 2, ceil_mode=True) if answer.shape[2:] == lightness.shape[2:] else answer

    def model_input(self, batch: Batch) -> Tensor:
        return to_lab(scaled(batch.inputs))[:, :1] / 100

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        lab = to_lab(scaled(batch.inputs))
        answer = self._answer(lab[:, :1] / 100)
        ab = F.adaptive_avg_pool2d(lab[:, 1:], answer.shape[2:])
        if self.settings.colours == "regression":
            return (answer * RANGE - ab).square().sum(1).mean() / RANGE**2, {}
        shares = soft_squares(ab)  # (batch, squares, height, width)
        weights = self.weights[shares.argmax(1)]  # (batch, height, width)
        perfect = -torch.xlogy(shares, shares).sum(1)  # the least that cross-entropy can be: without it 0 is perfect
        return (weights * (F.cross_entropy(answer, shares, reduction="none") - perfect)).mean(), {}

    def evaluate(self, split: Split) -> dict[str, float]:
        """`ab_error`, `auc`, `psnr` (dB) and `colourfulness` of the coloured pictures, `grey_ab_error` ... of the grey ones,
        `ab_margin` and `true_colourfulness`: each the mean over the pictures of the split."""
        sums: dict[str, float] = {}
        for batch in split.batches(50, self.device):
            images = scaled(batch.inputs)
            lab = to_lab(images)
            colours = self.colours(lab[:, :1] / 100)
            found = {"true_colourfulness": colourfulness(images)}
            for prefix, ab in (("", colours), ("grey_", torch.zeros_like(colours))):
                made = to_rgb(torch.cat([lab[:, :1], ab], 1))
                distance = (ab - lab[:, 1:]).square().sum(1).sqrt()  # (batch, height, width)
                found |= {f"{prefix}ab_error": distance.square().mean((1, 2)).sqrt(), f"{prefix}auc": within(distance),
                          f"{prefix}psnr": psnr(made, images)}
                if not prefix:
                    found["colourfulness"] = colourfulness(made)
            for name, values in found.items():
                sums[name] = sums.get(name, 0.0) + values.sum().item()
        means = {name: total / len(split) for name, total in sums.items()}
        return means | {"ab_margin": means["grey_ab_error"] - means["ab_error"]}

    def previews(self, data: Data) -> Iterable[Preview]:
        yield self._look("coloured", data.validation)

    def report(self, data: Data) -> Iterable[Preview]:
        yield self._look("test_coloured", data.test)

    def _look(self, name: str, split: Split) -> Preview:
        """A row of pictures, one of what was left of them, and one of what the model makes of that."""
        index = chosen(split, 8)
        images = scaled(split.take(index, self.device).inputs)
        lightness = to_lab(images)[:, :1]
        ab = self.colours(lightness / 100)
        rows = {row: to_rgb(torch.cat([lightness, share * ab], 1)) for row, share in (("grey", 0), ("coloured", 1))}
        return beside(name, index.tolist(), "as it was", images, rows)


def annealed_mean(logits: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Logits of the squares, `(batch, squares, height, width)`, to a and b `(batch, 2, height, width)`: the mean of the
    squares' middles, the likelier ones weighed more than their chance. At 1 it is the mean, towards 0 the likeliest."""
    return torch.einsum("bqhw,qc->bchw", (logits / temperature).softmax(1), squares(logits))


def soft_squares(ab: Tensor) -> Tensor:
    """Colours `(batch, 2, height, width)` shared out to their nearest squares, `(batch, squares, height, width)`, which sum
    to 1."""
    batch, _, height, width = ab.shape
    points = ab.permute(0, 2, 3, 1).flatten(0, 2)  # (pixels, 2)
    distances, nearest = torch.cdist(points, squares(ab)).topk(NEAREST, largest=False)
    shares = (-distances.square() / (2 * SPREAD**2)).softmax(1)
    spread = torch.zeros(len(points), len(SQUARES), device=ab.device).scatter_(1, nearest, shares)
    return spread.view(batch, height, width, -1).permute(0, 3, 1, 2)


def _counted(ab: Tensor) -> Tensor:
    """How often each square occurs among colours `(batch, 2, height, width)`, `(1, squares)`."""
    points = ab.permute(0, 2, 3, 1).flatten(0, 2)
    return torch.bincount(torch.cdist(points, squares(ab)).argmin(1), minlength=len(SQUARES))[None]


def rarity(counts: Tensor) -> Tensor:
    """What each square weighs, `(squares,)`, by how often it was counted, `(parts, squares)`: the inverse of the smoothed
    distribution mixed with a uniform one, 1 on the mean over that distribution (equations 3 and 4)."""
    shares = counts.sum(0).float() / counts.sum()
    middles = squares(shares)
    near = (-torch.cdist(middles, middles).square() / (2 * SPREAD**2)).exp()
    smooth = (near / near.sum(0)) @ shares
    weights = 1 / ((1 - UNIFORM) * smooth + UNIFORM / len(smooth))
    return weights / (smooth @ weights)


def within(distance: Tensor) -> Tensor:
    """The mean over the thresholds 0, 1, ... `FURTHEST` of the share of pixels that lie no further, `(batch,)`, of distances
    `(batch, height, width)`."""
    return ((FURTHEST + 1 - distance.ceil()).clamp(0) / (FURTHEST + 1)).mean((1, 2))


def colourfulness(images: Tensor) -> Tensor:
    """How colourful each image `(batch, 3, height, width)` in 0..1 looks, `(batch,)`, for levels in 0..255; 0 is grey:
    Hasler and Süsstrunk 2003, "Measuring colourfulness in natural images", section 7."""
    red, green, blue = (255 * images).unbind(1)
    opponents = torch.stack([red - green, (red + green) / 2 - blue], 1).flatten(2)  # (batch, 2, pixels)
    return opponents.std(2, correction=0).norm(dim=1) + 0.3 * opponents.mean(2).norm(dim=1)
