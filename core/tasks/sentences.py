"""What the tasks on token sequences share."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from core.datasets import vocabulary
from core.datasets.base import Batch, Data
from core.tasks.base import ClassifierTask, Preview, Task


class ReadsSentences(Task):
    """A task whose model takes token numbers `(batch, length)`."""

    def encode(self, text: str) -> tuple[Tensor, list[str]]:
        """A person's text as token numbers int64 `(1, length)` on the device, and the tokens that they stand for.

        Raises `UserError` where the text is empty or longer than the model can read.
        """
        numbers, tokens = vocabulary.encode(text, self.spec)
        return torch.tensor([numbers], device=self.device), tokens

    def model_input(self, batch: Batch) -> Tensor:
        return batch.inputs


class SentenceTask(ReadsSentences, ClassifierTask):
    """A classifier of token sequences: logits `(batch, classes)`."""

    def previews(self, data: Data) -> Iterable[Preview]:
        yield self.confusion_preview(self.logits(data.validation), data.validation.targets.cpu())

    def report(self, data: Data) -> Iterable[Preview]:
        seen = self.confusion_preview(self.logits(data.test), data.test.targets)
        yield Preview(f"test_{seen.name}", seen.image, seen.data)
