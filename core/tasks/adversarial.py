"""Adversarial generation: a generator and a discriminator against each other (Goodfellow et al. 2014, section 3), and
how far the generated pictures are from real ones (Karras et al. 2018, "Progressive growing of GANs", section 5)."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from core.catalog import DataSpec, task
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, Training, setting
from core.tasks.augment import cut_out, recoloured, shifted
from core.tasks.base import Preview, Task, scaled
from core.tasks.descent import Descent
from core.tasks.distances import diversity, frechet, kernel, precision_recall, sliced_wasserstein
from core.tasks.features import alike, features
from core.tasks.pictures import grid

SHOWN, COLUMNS = 64, 8  # generated pictures in the preview
MOST = 1024  # pictures on each side of the distances


@task(
    "adversarial",
    title="Adversarial generation",
    year=2014,
    people="Ian Goodfellow and others",
    paper="Generative adversarial nets",
    url="https://arxiv.org/abs/1406.2661",
    beginner="Learn to make new pictures that look like the real ones: one network forges, another tells forged from real.",
    expert="The non-saturating logistic loss or Wasserstein's, gradient or R1 penalty, an optimiser for each network; each "
    "architecture comes with those of its paper. Measured by the sliced Wasserstein distance of Laplacian-pyramid patches, "
    "which needs no network, and by Fréchet distance, kernel distance (KID), precision, recall and diversity of features, "
    "whose origin stands at the end of each name: random convolutions, the same in every run, or Inception.",
)
class Adversarial(Task):
    """Model: one of the `Adversaries`."""

    measure, more_is_better = "validation/swd", False

    class Settings(Settings):
        loss: Literal["logistic", "wasserstein"] = setting(
            "logistic", "Logistic: the discriminator says real or forged. Wasserstein: it gives marks that should differ."
        )
        critic_steps: int = setting(1, "Steps of the discriminator to one of the generator.", unit="steps", ge=1, le=20)
        penalty: Literal["none", "gradient", "r1"] = setting(
            "none", "What keeps the discriminator smooth: gradient holds its slope at 1 between real and generated "
            "pictures, R1 at 0 on real ones."
        )
        penalty_weight: float = setting(10.0, "How much the penalty counts beside the loss.", ge=0, le=1000)
        penalty_every: int = setting(
            1, "Computes the penalty at every so many steps only, and counts it as many times.", unit="steps", ge=1, le=64
        )
        augment: Literal["none", "translation", "translation-cutout", "colour-translation-cutout"] = setting(
            "none", "How all pictures, real and generated, are changed at random before the discriminator sees them: it "
            "helps where they are few."
        )
        average: float = setting(
            0.0, "How much of a moving average of the generator stays at each step; the average draws what you see. 0 keeps "
            "none.", ge=0, lt=1,
        )
        features: Literal["random", "inception"] = setting(
            "random", "Network whose features measure the pictures: random convolutions, or Inception, trained on ImageNet "
            "(104 MB to download, and minutes for each look without a GPU)."
        )

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.kind != "images":
            return "adversarial generation needs pictures."
        return None

    @classmethod
    def refusal(cls, settings: Settings, training: Training, spec: DataSpec, architecture: type) -> str | None:
        if training.accumulate > 1:
            return "Adversarial generation takes each batch whole: set training.accumulate to 1 and take smaller batches."
        if settings.average and not architecture.averages:
            return f"{architecture.card.title} has no room for an average of its generator: set objective.average to 0."
        if settings.penalty != "none" and training.compile:
            return "torch.compile can't take the slope of a slope: set training.compile to off or objective.penalty to none."
        return None

    def start(self, total_steps: int) -> None:
        parts = {"generator": -(-total_steps // self.settings.critic_steps), "discriminator": total_steps}
        self.descents = {name: Descent(getattr(self.model, name), self.training, steps) for name, steps in parts.items()}
        self.fixed_noise = torch.randn(SHOWN, self.model.latent_size).to(self.device)  # from the run's seed
        self.done = 0
        self.latest: dict[str, Tensor] = {}  # measures that are not taken at every step

    def model_input(self, batch: Batch) -> Tensor:
        return self.model.points(self.fixed_noise[: len(batch.inputs)], batch.targets)

    def step(self, batch: Batch) -> dict[str, Tensor]:
        real = scaled(batch.inputs) * 2 - 1  # tanh's range
        latents = torch.randn(len(real), self.model.latent_size, device=self.device)
        labels = batch.targets if self.model.classes else None  # generated pictures are of the same classes
        generators_turn = self.done % self.settings.critic_steps == 0

        with self.autocast(), torch.set_grad_enabled(generators_turn):
            fake = self.model.generator(self.model.points(latents, labels))
        measures = self._discriminate(real, fake.detach(), labels)
        if generators_turn:
            self._generate(fake, labels)
        self.done += 1
        return measures | self.latest

    def _discriminate(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> dict[str, Tensor]:
        real, fake = self._augmented(real), self._augmented(fake)
        with self.autocast():
            on_real, on_fake = self.model.judge(real, labels).float(), self.model.judge(fake, labels).float()
        if self.settings.loss == "wasserstein":
            loss = on_fake.mean() - on_real.mean()
            measures = {"critic_gap": -loss.detach()}
        else:  # log D(x) + log(1 - D(G(z))), maximised
            loss = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
            measures = {"score_real": on_real.detach().sigmoid().mean(), "score_fake": on_fake.detach().sigmoid().mean()}
        if self.settings.penalty != "none" and self.done % self.settings.penalty_every == 0:
            penalty = self.settings.penalty_weight * self._penalty(real, fake.float(), labels)
            self.latest["penalty"] = penalty.detach()
            self._update("discriminator", loss + self.settings.penalty_every * penalty)
        else:
            self._update("discriminator", loss)
        return measures | {"discriminator_loss": loss.detach() + self.latest.get("penalty", 0)}

    def _generate(self, fake: Tensor, labels: Tensor | None) -> None:
        discriminator = self.model.discriminator
        discriminator.requires_grad_(False)  # spares the gradients of weights that are not updated now
        with self.autocast():
            on_forged = self.model.judge(self._augmented(fake), labels).float()
        # log D(G(z)) maximised instead of log(1 - D(G(z))) minimised: the same fixed point, with gradients from the start.
        loss = -on_forged.mean() if self.settings.loss == "wasserstein" else F.softplus(-on_forged).mean()
        self._update("generator", loss)
        discriminator.requires_grad_(True)
        self.latest["generator_loss"] = loss.detach()
        if self.model.averages:
            self._average()

    def _penalty(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> Tensor:
        """How far the discriminator's slope is from what the penalty asks for, as a mean over the pictures.

        Gradient: (|slope| - 1)² at random points between real and generated pictures (Gulrajani et al. 2017, section 4). R1:
        half of |slope|² at real ones (Mescheder et al. 2018, section 4.1). In float32: slopes of slopes need it.
        """
        if self.settings.penalty == "gradient":
            share = torch.rand(len(real), 1, 1, 1, device=self.device)
            real = torch.lerp(real, fake, share)
        places = real.detach().requires_grad_().clone()  # no leaf: torch's counter of arithmetic could not follow one
        (slopes,) = torch.autograd.grad(self.model.judge(places, labels).sum(), places, create_graph=True)
        if self.settings.penalty == "gradient":
            return (slopes.flatten(1).norm(dim=1) - 1).square().mean()
        return slopes.square().sum((1, 2, 3)).mean() / 2

    def _augmented(self, images: Tensor) -> Tensor:
        """Images in -1..1, changed at random and differentiably: Zhao et al. 2020, section 3.2 and appendix A."""
        named = self.settings.augment.split("-")
        side = images.shape[-1]
        if "colour" in named:
            images = recoloured(images)
        if "translation" in named:
            images = shifted(images, round(side / 8))
        return cut_out(images, side // 2) if "cutout" in named else images

    def _average(self) -> None:
        """The moving average of the generator's weights; it goes faster at first, when they still change most. What batch
        normalisation knows of the data is taken as it is."""
        generator, average, steps = self.model.generator, self.model.average, self.done // self.settings.critic_steps
        stays = min(self.settings.average, (1 + steps) / (10 + steps))
        with torch.no_grad():
            for kept, new in zip(average.parameters(), generator.parameters(), strict=True):
                kept.lerp_(new, 1 - stays)
            for kept, new in zip(average.buffers(), generator.buffers(), strict=True):
                kept.copy_(new)

    def _update(self, name: str, loss: Tensor) -> None:
        self.descents[name].begin()
        self.descents[name].backward(loss)
        self.descents[name].step()

    # ---- what has been learned

    @cached_property
    def features(self) -> Callable[[Tensor], Tensor]:
        return features(self.settings.features, self.device)

    def evaluate(self, split: Split) -> dict[str, float]:
        """Distances between the split and as many generated pictures (at most 1,024), of the same classes where the model
        makes them by class. The same latents, patches and directions at each look.

        `swd`: the sliced Wasserstein distance, mean over the levels. Those of features end with the features' origin.
        """
        real = scaled(split.inputs[:MOST]).cpu()
        latents = torch.randn(len(real), self.model.latent_size, generator=torch.Generator().manual_seed(0))
        labels = split.targets[:MOST].cpu() if self.model.classes else None
        points = self.model.points(latents, labels)
        fake = torch.cat([self.model.decode(part.to(self.device)).cpu() for part in points.split(256)])
        levels = sliced_wasserstein(real, fake, torch.Generator().manual_seed(0))
        known, made = alike(self.settings.features, self.features(real), self.features(fake))
        precision, recall = precision_recall(known, made)
        found = {"frechet": frechet(known, made), "kid": kernel(known, made), "precision": precision, "recall": recall,
                 "diversity": diversity(known, made)}
        return {"swd": sum(levels) / len(levels)} | {f"{name}_{self.settings.features}": found[name] for name in found}

    def previews(self, data: Data) -> Iterable[Preview]:
        """Pictures from the same noise each time; of a model that makes them by class the classes side by side, each row
        from one noise."""
        classes = self.model.classes
        columns = min(classes, 2 * COLUMNS) or COLUMNS
        noise, labels = self.fixed_noise, None
        if classes:
            rows = min(COLUMNS, SHOWN // columns)
            noise = noise[:rows].repeat_interleave(columns, 0)
            labels = torch.arange(columns, device=self.device).repeat(rows)
        yield Preview("generated", grid(self.model.decode(self.model.points(noise, labels)), columns=columns, zoom=2))

    def report(self, data: Data) -> Iterable[Preview]:
        """Generated pictures, and below each the training pictures nearest to it, by pixels and by features: is it new, or
        learned by heart?"""
        labels = torch.arange(COLUMNS, device=self.device) % self.model.classes if self.model.classes else None
        made = self.model.decode(self.model.points(self.fixed_noise[:COLUMNS], labels)).cpu()
        known = data.train.inputs
        near = torch.cdist(made.flatten(1), scaled(known).flatten(1).cpu()).argmin(1)  # (8,)
        seen = torch.cat([self.features(scaled(part).cpu()) for part in known.split(MOST)])
        similar = torch.cdist(self.features(made), seen).argmin(1)  # (8,)
        rows = [made, *(scaled(known[index.to(known.device)]).cpu() for index in (near, similar))]
        yield Preview(
            "generated_and_nearest", grid(torch.cat(rows), columns=COLUMNS, zoom=2),
            {"nearest_training_example": near.tolist(), f"nearest_by_{self.settings.features}_features": similar.tolist()},
        )

    def state_dict(self) -> dict:
        return {
            "descents": {name: descent.state_dict() for name, descent in self.descents.items()},
            "fixed_noise": self.fixed_noise, "done": self.done, "latest": self.latest,
        }

    def load_state_dict(self, state: dict) -> None:
        for name, descent in self.descents.items():
            descent.load_state_dict(state["descents"][name])
        self.fixed_noise = state["fixed_noise"].to(self.device)
        # Runs that began before there were penalties kept neither.
        self.done = state.get("done", 0)
        self.latest = {name: value.to(self.device) for name, value in state.get("latest", {}).items()}
