"""Adversarial generation: a generator and a discriminator against each other (Goodfellow et al. 2014, section 3), and
how far the generated pictures are from real ones (Karras et al. 2018, "Progressive growing of GANs", section 5)."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from core.catalog import DataSpec, task
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, Training
from core.tasks.base import Preview, Task, scaled
from core.tasks.descent import Descent
from core.tasks.pictures import grid

SHOWN = 64  # faces in the preview
MOST = 1024  # pictures on each side of the distance
PATCHES, DIRECTIONS = 32, 128  # patches of each picture, and random directions that they are projected on


@task(
    "adversarial",
    title="Adversarial generation",
    year=2014,
    people="Ian Goodfellow and others",
    paper="Generative adversarial nets",
    url="https://arxiv.org/abs/1406.2661",
    beginner="Learn to make new pictures that look like the real ones: one network forges, another tells forged from real.",
    expert="Non-saturating logistic loss, one step of the discriminator to one of the generator, an optimiser for each. "
    "Measured by the sliced Wasserstein distance of Laplacian-pyramid patches, which needs no pretrained network.",
)
class Adversarial(Task):
    """Model: `generator` (latents `(batch, latent_size)` to images in -1..1), `discriminator` (images to logits
    `(batch,)`), `latent_size`, and `decode` (latents to images in 0..1)."""

    measure, more_is_better = "validation/swd", False

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.kind != "images":
            return "adversarial generation needs pictures."
        return None

    @classmethod
    def refusal(cls, settings: Settings, training: Training, spec: DataSpec, architecture: type) -> str | None:
        if training.accumulate > 1:
            return "Adversarial generation takes each batch whole: set training.accumulate to 1 and take smaller batches."
        return None

    def start(self, total_steps: int) -> None:
        parts = {"generator": self.model.generator, "discriminator": self.model.discriminator}
        self.descents = {name: Descent(part, self.training, total_steps) for name, part in parts.items()}
        self.fixed_noise = torch.randn(SHOWN, self.model.latent_size).to(self.device)  # from the run's seed

    def model_input(self, batch: Batch) -> Tensor:
        return self.fixed_noise[: len(batch.inputs)]

    def step(self, batch: Batch) -> dict[str, Tensor]:
        generator, discriminator = self.model.generator, self.model.discriminator
        real = scaled(batch.inputs) * 2 - 1  # tanh's range
        latents = torch.randn(len(real), self.model.latent_size, device=self.device)

        with self.autocast():
            fake = generator(latents)
            on_real, on_fake = discriminator(real).float(), discriminator(fake.detach()).float()
        # log D(x) + log(1 - D(G(z))), maximised
        discriminator_loss = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        self._update("discriminator", discriminator_loss)

        # log D(G(z)) maximised instead of log(1 - D(G(z))) minimised: the same fixed point, with gradients from the start.
        discriminator.requires_grad_(False)  # spares the gradients of weights that are not updated now
        with self.autocast():
            on_forged = discriminator(fake).float()
        generator_loss = F.softplus(-on_forged).mean()
        self._update("generator", generator_loss)
        discriminator.requires_grad_(True)

        return {
            "generator_loss": generator_loss.detach(),
            "discriminator_loss": discriminator_loss.detach(),
            "score_real": on_real.detach().sigmoid().mean(),
            "score_fake": on_fake.detach().sigmoid().mean(),
        }

    def _update(self, name: str, loss: Tensor) -> None:
        self.descents[name].begin()
        self.descents[name].backward(loss)
        self.descents[name].step()

    def evaluate(self, split: Split) -> dict[str, float]:
        """`swd`: the sliced Wasserstein distance between the split and as many generated pictures (at most 1,024), as
        `sliced_wasserstein` defines it, mean over the levels. The same latents, patches and directions at each look."""
        real = scaled(split.inputs[:MOST]).cpu()
        latents = torch.randn(len(real), self.model.latent_size, generator=torch.Generator().manual_seed(0))
        fake = torch.cat([self.model.decode(part.to(self.device)).cpu() for part in latents.split(256)])
        levels = sliced_wasserstein(real, fake, torch.Generator().manual_seed(0))
        return {"swd": sum(levels) / len(levels)}

    def previews(self, data: Data) -> Iterable[Preview]:
        yield Preview("faces", grid(self.model.decode(self.fixed_noise), columns=8, zoom=2))

    def report(self, data: Data) -> Iterable[Preview]:
        """Generated pictures, and below each the training picture nearest to it: is it new, or learned by heart?"""
        made = self.model.decode(self.fixed_noise[:8])
        known = data.train.inputs
        near = torch.cdist(made.flatten(1).cpu(), scaled(known).flatten(1).cpu()).argmin(1)  # (8,)
        yield Preview(
            "generated_and_nearest",
            grid(torch.cat([made.cpu(), scaled(known[near.to(known.device)]).cpu()]), columns=8, zoom=2),
            {"nearest_training_example": near.tolist()},
        )

    def state_dict(self) -> dict:
        return {
            "descents": {name: descent.state_dict() for name, descent in self.descents.items()},
            "fixed_noise": self.fixed_noise,
        }

    def load_state_dict(self, state: dict) -> None:
        for name, descent in self.descents.items():
            descent.load_state_dict(state["descents"][name])
        self.fixed_noise = state["fixed_noise"].to(self.device)


def sliced_wasserstein(real: Tensor, fake: Tensor, generator: torch.Generator) -> list[float]:
    """Sliced Wasserstein distance between two sets of pictures, one value a level of their Laplacian pyramids.

    Both sets are float `(n, channels, side, side)` in 0..1 of one size and on the CPU. At each level (halved until 16×16)
    7×7 patches are taken at random, each channel of a set's patches is brought to zero mean and unit variance, the
    patches are projected on random directions of unit length, and the distance is the mean absolute difference of the
    sorted projections, × 1000. `generator` draws patches and directions. Source: Karras et al. 2018, section 5, with
    fewer pictures, patches and directions than there, so that it costs about a second: compare it within Glassbox only.
    It doesn't fall to 0: two samples of 500 real faces are some 19 apart, at 32×32.
    """
    distances = []
    for level_real, level_fake in zip(laplacian_pyramid(real), laplacian_pyramid(fake), strict=True):
        a, b = (_patches(level, generator) for level in (level_real, level_fake))  # (patches, channels * 49)
        directions = F.normalize(torch.randn(DIRECTIONS, a.shape[1], generator=generator), dim=1)
        a, b = ((directions @ patches.T).sort(1).values for patches in (a, b))  # (directions, patches)
        distances.append(1000 * (a - b).abs().mean().item())
    return distances


def laplacian_pyramid(images: Tensor) -> list[Tensor]:
    """Float images `(n, channels, side, side)` to band-pass levels of sides `side, side/2, ...`; the last, of 16 or
    less, is the low-pass rest. Their sum, each enlarged, is the image (Burt and Adelson 1983)."""
    levels = []
    while images.shape[-1] >= 32:
        small = _blurred(images)[:, :, ::2, ::2]
        spread = torch.zeros_like(images)
        spread[:, :, ::2, ::2] = small * 4  # three of four pixels are 0
        levels.append(images - _blurred(spread))
        images = small
    return [*levels, images]


def _blurred(images: Tensor) -> Tensor:
    binomial = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    kernel = torch.outer(binomial, binomial).expand(images.shape[1], 1, 5, 5)
    return F.conv2d(F.pad(images, (2, 2, 2, 2), mode="reflect"), kernel, groups=images.shape[1])


def _patches(images: Tensor, generator: torch.Generator) -> Tensor:
    """Random 7×7 patches of each image, standardised by channel: `(n * PATCHES, channels * 49)`."""
    n, channels, height, width = images.shape
    which = torch.arange(n).repeat_interleave(PATCHES)[:, None, None, None]
    depth = torch.arange(channels)[None, :, None, None]
    span = torch.arange(7)
    rows = torch.randint(0, height - 6, (n * PATCHES, 1), generator=generator) + span  # (patches, 7)
    columns = torch.randint(0, width - 6, (n * PATCHES, 1), generator=generator) + span
    patches = images[which, depth, rows[:, None, :, None], columns[:, None, None, :]]  # (patches, channels, 7, 7)
    mean, std = patches.mean((0, 2, 3), keepdim=True), patches.std((0, 2, 3), keepdim=True)
    return ((patches - mean) / (std + 1e-8)).flatten(1)
