"""Denoising: a noisy picture in, the clean one out (Vincent et al. 2008), judged by PSNR and SSIM (Wang et al. 2004)."""

from collections.abc import Iterable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from core.catalog import DataSpec, task
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, setting
from core.tasks.base import Preview, SupervisedTask, chosen, scaled
from core.tasks.likeness import WINDOW, psnr, ssim
from core.tasks.pictures import labelled

Noise = Literal["gaussian", "salt-and-pepper"]


@task(
    "denoising",
    title="Denoising",
    year=2008,
    people="Pascal Vincent, Hugo Larochelle, Yoshua Bengio, Pierre-Antoine Manzagol",
    paper="Extracting and composing robust features with denoising autoencoders",
    url="https://doi.org/10.1145/1390156.1390294",
    beginner="Take the noise out of a picture. The network sees pictures with noise that was put on them, and learns to "
    "give back the picture as it was.",
    expert="Squared error between clean and cleaned picture; fresh noise in every step, the same noise at every look. The "
    "noisy picture is clipped to 0..1, as a stored picture is, so the PSNR before cleaning is above that of unclipped "
    "noise.",
)
class Denoising(SupervisedTask):
    """Model: noisy images `(batch, channels, height, width)` in 0..1 to cleaned ones of the same shape."""

    measure, more_is_better = "validation/psnr", True

    class Settings(Settings):
        noise: Noise = setting(
            "gaussian", "Gaussian noise adds to each value; salt and pepper makes single pixels black or white."
        )
        sigma: float = setting(
            0.2, "Strength, where black is 0 and white is 1: the standard deviation of gaussian noise (25/255 is about "
            "0.1), or the share of pixels that salt and pepper take.",
            unit="of the range", gt=0, le=1,
        )

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.kind != "images":
            return "denoising needs pictures."
        if min(spec.shape[1:]) < WINDOW:
            return f"denoising needs pictures of at least {WINDOW}×{WINDOW} pixels, to measure their structure."
        return None

    def noisy(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Float images in 0..1 with this task's noise."""
        return add_noise(images, self.settings.noise, self.settings.sigma, generator)

    def restore(self, images: Tensor) -> Tensor:
        """Float images `(batch, channels, height, width)` in 0..1, noisy, to cleaned ones of the same shape in 0..1."""
        with torch.no_grad(), self.autocast():
            return self.model(images).float().clamp(0, 1)

    def model_input(self, batch: Batch) -> Tensor:
        return self.noisy(scaled(batch.inputs))

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        clean = scaled(batch.inputs)
        cleaned = self.model(self.noisy(clean)).float()
        return F.mse_loss(cleaned, clean), {"psnr": psnr(cleaned.detach().clamp(0, 1), clean).mean()}

    def evaluate(self, split: Split) -> dict[str, float]:
        """`psnr`, `psnr_noisy`, `psnr_gain` (dB) and `ssim`: each the mean over the pictures of the split."""
        generator = torch.Generator().manual_seed(0)  # the same noise at every look, in every run, on every device
        sums: dict[str, float] = {"psnr": 0.0, "psnr_noisy": 0.0, "ssim": 0.0}
        for batch in split.batches(100, self.device):
            clean, noisy, cleaned = self._pictures(batch.inputs, generator)
            sums["psnr"] += psnr(cleaned, clean).sum().item()
            sums["psnr_noisy"] += psnr(noisy, clean).sum().item()
            sums["ssim"] += ssim(cleaned, clean).sum().item()
        means = {name: total / len(split) for name, total in sums.items()}
        return means | {"psnr_gain": means["psnr"] - means["psnr_noisy"]}

    def previews(self, data: Data) -> Iterable[Preview]:
        yield self._look("cleaned", data.validation)

    def report(self, data: Data) -> Iterable[Preview]:
        yield self._look("test_cleaned", data.test)

    def _pictures(self, inputs: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Clean, noisy and cleaned, float in 0..1 on the device. The noise is drawn on the CPU, so that it is the same on
        every device."""
        clean = scaled(inputs)
        noisy = self.noisy(clean.cpu(), generator).to(self.device)
        return clean, noisy, self.restore(noisy)

    def _look(self, name: str, split: Split) -> Preview:
        """One row each of clean, noisy and cleaned pictures."""
        index = chosen(split, 8)
        inputs = split.take(index, self.device).inputs
        clean, noisy, cleaned = self._pictures(inputs, torch.Generator().manual_seed(0))
        rows = {"noisy": (psnr(noisy, clean), ssim(noisy, clean)), "cleaned": (psnr(cleaned, clean), ssim(cleaned, clean))}
        labels = ["clean"] * len(index)
        for levels, likeness in rows.values():
            labels += [f"{level:.1f} dB · {like:.2f}" for level, like in zip(levels, likeness, strict=True)]
        pictures = torch.cat([clean, noisy, cleaned])
        zoom = max(1, round(112 / pictures.shape[-1]))  # room for the label under each
        measures = {
            row: {"psnr": [round(x, 3) for x in levels.tolist()], "ssim": [round(x, 4) for x in likeness.tolist()]}
            for row, (levels, likeness) in rows.items()
        }
        picture = labelled(pictures, labels, columns=len(index), zoom=zoom)
        return Preview(name, picture, {"index": index.tolist(), **measures})


def add_noise(images: Tensor, noise: Noise, sigma: float, generator: torch.Generator | None = None) -> Tensor:
    """Float images `(batch, channels, height, width)` in 0..1 with noise on them, again in 0..1.

    Arguments: `sigma`, the standard deviation of gaussian noise before clipping, or the share of pixels that become black
    or white, all channels at once; `generator`, of the images' device, for noise that can be repeated.
    """
    options = {"device": images.device, "generator": generator}
    if noise == "gaussian":
        return (images + sigma * torch.randn(images.shape, **options)).clamp(0, 1)
    chance = torch.rand((len(images), 1, *images.shape[2:]), **options)
    return images.masked_fill(chance < sigma / 2, 0.0).masked_fill(chance > 1 - sigma / 2, 1.0)
