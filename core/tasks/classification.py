"""Classification of images: cross-entropy, accuracy, the confusion matrix and the worst mistakes."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from core.catalog import DataSpec, task
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, setting
from core.tasks.base import Preview, SupervisedTask, chosen, standardised
from core.tasks.pictures import labelled, matrix


@task(
    "classification",
    title="Classification",
    beginner="Say what a picture shows: one name out of a fixed list.",
    expert="Softmax cross-entropy with optional label smoothing; top-1 accuracy.",
)
class Classification(SupervisedTask):
    """Model: images `(batch, channels, height, width)` to logits `(batch, classes)`."""

    measure, more_is_better = "validation/accuracy", True

    class Settings(Settings):
        shift: int = setting(
            2, "Each training picture is moved by up to so many pixels at random, so that position is not learned by heart.",
            unit="pixels", ge=0, le=16,
        )
        label_smoothing: float = setting(0.0, "Share of certainty that is taken from the right class.", ge=0, lt=1)

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.kind != "images" or len(spec.classes) < 2:
            return "classification needs pictures with at least two classes."
        return None

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        images = shifted(batch.inputs, self.settings.shift)
        logits = self.model(standardised(images, self.spec))  # (batch, classes)
        loss = F.cross_entropy(logits.float(), batch.targets, label_smoothing=self.settings.label_smoothing)
        return loss, {"accuracy": (logits.detach().argmax(1) == batch.targets).float().mean()}

    def logits(self, split: Split) -> Tensor:
        """Logits of a whole split, float32 `(n, classes)` on the CPU."""
        with torch.no_grad(), self.autocast():
            parts = [self.model(standardised(batch.inputs, self.spec)) for batch in split.batches(1000, self.device)]
        return torch.cat(parts).float().cpu()

    def evaluate(self, split: Split) -> dict[str, float]:
        logits, targets = self.logits(split), split.targets.cpu()
        return {
            "loss": F.cross_entropy(logits, targets).item(),
            "accuracy": (logits.argmax(1) == targets).float().mean().item(),
        }

    def previews(self, data: Data) -> Iterable[Preview]:
        yield from self._look(data.validation)

    def report(self, data: Data) -> Iterable[Preview]:
        yield from (Preview(f"test_{seen.name}", seen.image, seen.data) for seen in self._look(data.test))

    def _look(self, split: Split) -> Iterable[Preview]:
        names = self.spec.classes
        logits, targets = self.logits(split), split.targets.cpu()
        chances, guesses = logits.softmax(1), logits.argmax(1)
        counts = confusion(guesses, targets, len(names))
        yield Preview(
            "confusion",
            matrix(counts.numpy(), list(names), list(names), numbers=True),
            {"counts": counts.tolist(), "classes": list(names)},
        )
        losses = F.cross_entropy(logits, targets, reduction="none")
        worst = losses.topk(min(24, len(losses))).indices
        worst = worst[guesses[worst] != targets[worst]]  # a hesitant right answer is no mistake
        if len(worst) == 0:
            worst = chosen(split, 24)
        yield Preview(
            "worst_mistakes",
            labelled(
                split.inputs[worst.to(split.inputs.device)],
                [f"{names[targets[i]]} as {names[guesses[i]]}" for i in worst],
                columns=8,
                wrong=(guesses[worst] != targets[worst]).tolist(),
            ),
            {
                "index": worst.tolist(),
                "true": [names[targets[i]] for i in worst],
                "guess": [names[guesses[i]] for i in worst],
                "chance": [round(chances[i, guesses[i]].item(), 4) for i in worst],
            },
        )


def confusion(guesses: Tensor, targets: Tensor, classes: int) -> Tensor:
    """Counts `(classes, classes)`: row = true class, column = guessed class. Both inputs int64 `(n,)`."""
    return torch.bincount(targets * classes + guesses, minlength=classes * classes).view(classes, classes)


def shifted(images: Tensor, most: int) -> Tensor:
    """Each image `(batch, channels, height, width)` moved by its own whole number of pixels, at most `most` each way;
    what comes in from outside is 0 (the paper's background for digits)."""
    if most == 0:
        return images
    batch, _, height, width = images.shape
    padded = F.pad(images, (most,) * 4)  # (batch, channels, height + 2 most, width + 2 most)
    dy, dx = torch.randint(0, 2 * most + 1, (2, batch, 1), device=images.device)
    rows = (dy + torch.arange(height, device=images.device))[:, None, :, None]  # (batch, 1, height, 1)
    columns = (dx + torch.arange(width, device=images.device))[:, None, None, :]  # (batch, 1, 1, width)
    which = torch.arange(batch, device=images.device)[:, None, None, None]
    depth = torch.arange(images.shape[1], device=images.device)[None, :, None, None]
    return padded[which, depth, rows, columns]
