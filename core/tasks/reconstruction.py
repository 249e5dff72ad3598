"""Reconstruction: a picture through a narrow code and back (Hinton and Salakhutdinov 2006); of variational autoencoders the
evidence lower bound (Kingma and Welling 2014) with the weight of Higgins et al. 2017, "beta-VAE"."""

import math
from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor

from core.catalog import DataSpec, task
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, setting
from core.tasks.base import Preview, SupervisedTask, chosen, scaled
from core.tasks.likeness import WINDOW, beside, psnr, ssim
from core.tasks.pictures import grid

Likelihood = Literal["gaussian", "bernoulli"]
SPREAD = 0.1  # standard deviation of a level around what the decoder says, where black is 0 and white is 1
SHOWN = 8  # pictures of a preview; of new ones the square


@task(
    "reconstruction",
    title="Reconstruction",
    year=2006,
    people="Geoffrey Hinton, Ruslan Salakhutdinov; Diederik Kingma, Max Welling",
    paper="Reducing the dimensionality of data with neural networks",
    url="https://doi.org/10.1126/science.1127647",
    beginner="Put a picture into a few numbers and get it back from them. What the numbers can't hold is lost: the network "
    "has to find out what such pictures have in common.",
    expert="Maximum likelihood of each level given the code, by default Gaussian with a deviation of 0.1, which is the "
    "squared error. A variational model maximises the evidence lower bound in nats, with one draw of the code; its two "
    "parts, the expected log likelihood (`log_likelihood`) and the Kullback-Leibler divergence to N(0, 1) (`kl`), are "
    "measured apart, with the same draws at every look. PSNR and SSIM are of what the code's mean gives.",
)
class Reconstruction(SupervisedTask):
    """Model: `encode` (images in 0..1 to codes `(batch, latent_size)`) and `decode` (codes to images in 0..1); a variational
    one has `posterior` (images to mean and log variance of the code)."""

    measure, more_is_better = "validation/psnr", True

    class Settings(Settings):
        likelihood: Likelihood = setting(
            "gaussian", "What a level is thought to be: spread around what the decoder says, or drawn as black or white by "
            "the decoder's chance, as suits ink."
        )
        beta: float = setting(
            1.0, "Weight of the divergence of a variational autoencoder's codes from plain noise: less makes sharper "
            "pictures, more makes simpler codes.", ge=0, le=1000,
        )

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.kind != "images":
            return "reconstruction needs pictures."
        if min(spec.shape[1:]) < WINDOW:
            return f"reconstruction needs pictures of at least {WINDOW}×{WINDOW} pixels, to measure their structure."
        return None

    @classmethod
    def model_spec(cls, spec: DataSpec, settings: Settings) -> DataSpec:
        return spec.model_copy(update={"classes": ()})  # it is not asked for them

    @property
    def variational(self) -> bool:
        return hasattr(self.model, "posterior")

    def reconstruct(self, images: Tensor) -> Tensor:
        """Float images `(batch, channels, height, width)` in 0..1 to what their codes give back."""
        with torch.no_grad(), self.autocast():
            return self.model(images).float()

    def model_input(self, batch: Batch) -> Tensor:
        return scaled(batch.inputs)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Nats for each level that are lacking, and those of the divergence."""
        images = scaled(batch.inputs)
        made, kl = self._drawn(images)
        lacking = cost(made, images, self.settings.likelihood)
        loss = (lacking + self.settings.beta * kl).mean() / images[0].numel()
        measures = {"psnr": psnr(made.detach(), images).mean()}
        return loss, measures | ({"kl": kl.detach().mean()} if self.variational else {})

    def _drawn(self, images: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """What a code drawn from the posterior gives back, and the divergence of each, `(batch,)`; of a model that is no
        variational one the code itself, and 0. With a `generator` the draws are made on the CPU."""
        if not self.variational:
            return self.model(images).float(), torch.zeros(len(images), device=images.device)
        mean, log_variance = self.model.posterior(images)
        device = mean.device if generator is None else torch.device("cpu")
        noise = torch.randn(mean.shape, device=device, generator=generator).to(mean.device)
        codes = mean + noise * (log_variance / 2).exp()  # the reparameterisation trick
        return self.model.decode(codes).float(), kl_to_normal(mean, log_variance)

    def evaluate(self, split: Split) -> dict[str, float]:
        """`psnr` (dB) and `ssim`, and of a variational model `elbo`, `log_likelihood` and `kl` in nats: each the mean over
        the pictures of the split."""
        generator = torch.Generator().manual_seed(0)
        sums: dict[str, float] = {}
        for batch in split.batches(100, self.device):
            images = scaled(batch.inputs)
            made = self.reconstruct(images)
            measures = {"psnr": psnr(made, images), "ssim": ssim(made, images)}
            if self.variational:
                with torch.no_grad(), self.autocast():
                    drawn, kl = self._drawn(images, generator)
                nats = log_likelihood(drawn, images, self.settings.likelihood)
                measures |= {"elbo": nats - kl, "log_likelihood": nats, "kl": kl}
            for name, values in measures.items():
                sums[name] = sums.get(name, 0.0) + values.sum().item()
        return {name: total / len(split) for name, total in sums.items()}

    def previews(self, data: Data) -> Iterable[Preview]:
        yield self._look("reconstructed", data.validation)
        if self.variational:
            noise = torch.randn(SHOWN**2, self.model.latent_size, generator=torch.Generator().manual_seed(0))
            with torch.no_grad(), self.autocast():
                new = self.model.decode(noise.to(self.device)).float()
            yield Preview("new", grid(new, columns=SHOWN, zoom=max(1, round(64 / new.shape[-1]))))

    def report(self, data: Data) -> Iterable[Preview]:
        yield self._look("test_reconstructed", data.test)

    def _look(self, name: str, split: Split) -> Preview:
        """A row of pictures, and one of what comes back."""
        index = chosen(split, SHOWN)
        images = scaled(split.take(index, self.device).inputs)
        return beside(name, index.tolist(), "as it was", images, {"reconstructed": self.reconstruct(images)})


def cost(made: Tensor, images: Tensor, likelihood: Likelihood) -> Tensor:
    """Negative log likelihood in nats of each image `(batch,)` given what the decoder made, less what doesn't hang on it."""
    if likelihood == "gaussian":
        return (made - images).square().flatten(1).sum(1) / (2 * SPREAD**2)
    made = made.clamp(1e-6, 1 - 1e-6)
    return -(images * made.log() + (1 - images) * (1 - made).log()).flatten(1).sum(1)


def log_likelihood(made: Tensor, images: Tensor, likelihood: Likelihood) -> Tensor:
    """Log likelihood in nats of each image `(batch,)`: its density for levels in 0..1, or its probability."""
    constant = images[0].numel() * math.log(SPREAD * math.sqrt(2 * math.pi)) if likelihood == "gaussian" else 0.0
    return -cost(made, images, likelihood) - constant


def kl_to_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Kullback-Leibler divergence in nats, `(batch,)`, of Gaussians with independent numbers `(batch, latent)` from N(0, 1):
    Kingma and Welling 2014, appendix B."""
    return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
