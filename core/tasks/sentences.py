"""What the tasks on token sequences share."""

from __future__ import annotations

import torch
from torch import Tensor

from core.datasets import vocabulary
from core.datasets.base import Batch
from core.tasks.base import ClassifierTask, Task


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
