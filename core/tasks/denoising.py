"""Denoising: a noisy picture in, the clean one out (Vincent et al. 2008), judged by PSNR and SSIM (Wang et al. 2004)."""

from collections.abc import Iterable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from core.catalog import DataSpec, task
from core.datasets.base import Batch, Data, Split, Whole
from core.experiment import Settings, setting
from core.tasks.augment import turned
from core.tasks.base import Preview, SupervisedTask, chosen, scaled
from core.tasks.likeness import WINDOW, beside, psnr, ssim

Noise = Literal["gaussian", "poisson", "speckle", "salt-and-pepper"]


@task(
    "denoising",
    title="Denoising",
    year=2008,
    people="Pascal Vincent, Hugo Larochelle, Yoshua Bengio, Pierre-Antoine Manzagol",
    paper="Extracting and composing robust features with denoising autoencoders",
    url="https://doi.org/10.1145/1390156.1390294",
    beginner="Take the noise out of a picture. The network sees pictures with noise that was put on them, and learns to "
    "give back the picture as it was.",
    expert="Squared error between clean and cleaned picture; fresh noise in every step, the same noise at every look. "
    "Clipped to 0..1, as a stored picture is, the noisy picture has a PSNR above that of unclipped noise. PSNR and SSIM are "
    "of values in 0..1 that are not rounded: PSNR over the whole picture to its border, SSIM over all places where its "
    "window of 11×11 lies inside, both over all channels; then the mean over the pictures. Data of noisy pictures and the "
    "same without noise bring their noise with them: the settings of noise then say nothing.",
)
class Denoising(SupervisedTask):
    """Model: noisy images `(batch, channels, height, width)` in 0..1 to cleaned ones of the same shape."""

    measure, more_is_better = "validation/psnr", True

    class Settings(Settings):
        noise: Noise = setting(
            "gaussian", "Gaussian noise adds to each value, as a warm sensor's does; Poisson's comes of counting light, and "
            "grows with the root of it; speckle grows with the light itself, as in radar and ultrasound; salt and pepper "
            "makes single pixels black or white."
        )
        sigma: float = setting(
            0.2, "Strength, where black is 0 and white is 1: the noise's standard deviation (25/255 is about 0.098), for "
            "Poisson's and speckle that at white, or the share of pixels that salt and pepper take.",
            unit="of the range", gt=0, le=1,
        )
        strongest: float = setting(
            0.0, "For noise of unknown strength: each picture to train on gets one from 0 to this (DnCNN-B: 55/255, about "
            "0.216), and sigma is only what is measured at; 0 trains at sigma alone.",
            unit="of the range", ge=0, le=1,
        )
        clip: bool = setting(
            True, "Cut the noisy picture off at black and white, as a stored one is; papers measure Gaussian noise without."
        )
        turn: bool = setting(False, "Show each eighth of a batch mirrored or turned in another way, as DnCNN's authors do.")

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.kind != "images":
            return "denoising needs pictures."
        if min(spec.shape[1:]) < WINDOW:
            return f"denoising needs pictures of at least {WINDOW}×{WINDOW} pixels, to measure their structure."
        return None

    def noisy(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Float images in 0..1 with this task's noise, of the strength that is measured at."""
        return add_noise(images, self.settings.noise, self.settings.sigma, generator, clip=self.settings.clip)

    def restore(self, images: Tensor) -> Tensor:
        """Float images `(batch, channels, height, width)` in 0..1, noisy, to cleaned ones of the same shape in 0..1."""
        with torch.no_grad(), self.autocast():
            return self.model(images).float().clamp(0, 1)

    def model_input(self, batch: Batch) -> Tensor:
        return scaled(batch.inputs) if self.spec.paired else self.noisy(scaled(batch.inputs))

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        pictures = torch.cat(batch, 1) if self.spec.paired else batch.inputs  # (batch, channels of all, height, width)
        pictures = scaled(turned(pictures) if self.settings.turn else pictures)
        if self.spec.paired:
            noisy, clean = pictures.chunk(2, 1)
        else:
            clean, strength = pictures, self.settings.sigma
            if self.settings.strongest:
                strength = self.settings.strongest * torch.rand(len(clean), 1, 1, 1, device=clean.device)
            noisy = add_noise(clean, self.settings.noise, strength, clip=self.settings.clip)
        cleaned = self.model(noisy).float()
        return F.mse_loss(cleaned, clean), {"psnr": psnr(cleaned.detach().clamp(0, 1), clean).mean()}

    def evaluate(self, split: Split) -> dict[str, float]:
        """`psnr`, `psnr_noisy`, `psnr_gain` (dB) and `ssim`, values in 0..1: each the mean over the pictures of the split.
        Where it has whole pictures of several collections they are those of its own, the first, and `psnr_NAME`, `ssim_NAME`
        ... of each."""
        if not isinstance(split, Whole):
            return self._measured(split.batches(100, self.device))
        found = {name: self._measured(Batch(picture[None].to(self.device), None) for picture in pictures)
                 for name, pictures in split.pictures.items()}
        own = next(iter(found.values()))
        return own | {f"{measure}_{name}": value for name in found for measure, value in found[name].items()}

    def _measured(self, batches: Iterable[Batch]) -> dict[str, float]:
        """The means over batches on the device."""
        generator = torch.Generator().manual_seed(0)  # the same noise at every look, in every run, on every device
        sums: dict[str, float] = {"psnr": 0.0, "psnr_noisy": 0.0, "ssim": 0.0}
        count = 0
        for batch in batches:
            clean, noisy, cleaned = self._pictures(batch, generator)
            sums["psnr"] += psnr(cleaned, clean).sum().item()
            sums["psnr_noisy"] += psnr(noisy, clean).sum().item()
            sums["ssim"] += ssim(cleaned, clean).sum().item()
            count += len(clean)
        means = {name: total / count for name, total in sums.items()}
        return means | {"psnr_gain": means["psnr"] - means["psnr_noisy"]}

    def previews(self, data: Data) -> Iterable[Preview]:
        yield self._look("cleaned", data.validation)

    def report(self, data: Data) -> Iterable[Preview]:
        yield self._look("test_cleaned", data.test)

    def _pictures(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Clean, noisy and cleaned, float in 0..1 on the device. The noise is drawn on the CPU, so that it is the same on
        every device."""
        if self.spec.paired:
            noisy, clean = (scaled(side) for side in batch)
        else:
            clean = scaled(batch.inputs)
            noisy = self.noisy(clean.cpu(), generator).to(self.device)
        return clean, noisy, self.restore(noisy)

    def _look(self, name: str, split: Split) -> Preview:
        """One row each of clean, noisy and cleaned pictures."""
        index = chosen(split, 8)
        clean, noisy, cleaned = self._pictures(split.take(index, self.device), torch.Generator().manual_seed(0))
        return beside(name, index.tolist(), "clean", clean, {"noisy": noisy, "cleaned": cleaned})


def add_noise(
    images: Tensor, noise: Noise, sigma: float | Tensor, generator: torch.Generator | None = None, *, clip: bool = True
) -> Tensor:
    """Float images `(batch, channels, height, width)` in 0..1 with noise on them, again in 0..1 where `clip` cuts it off.

    Arguments: `sigma`, a number or one for each picture, `(batch, 1, 1, 1)`: the standard deviation of Gaussian noise; that
    at white of Poisson's, which falls with the root of the light, and of speckle, which falls with the light itself; or the
    share of pixels that become black or white, all channels at once. `generator`, of the images' device, for noise that can
    be repeated.
    """
    options = {"device": images.device, "generator": generator}
    if noise == "salt-and-pepper":
        chance = torch.rand((len(images), 1, *images.shape[2:]), **options)
        return images.masked_fill(chance < sigma / 2, 0.0).masked_fill(chance > 1 - sigma / 2, 1.0)
    if noise == "poisson":
        photons = 1 / torch.as_tensor(sigma, device=images.device).clamp_min(1e-3).square()  # that white sends
        noisy = torch.poisson(images * photons, generator) / photons
    else:
        spread = sigma * images if noise == "speckle" else sigma
        noisy = images + spread * torch.randn(images.shape, **options)
    return noisy.clamp(0, 1) if clip else noisy
