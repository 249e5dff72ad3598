"""DrQA's reader: Chen, Fisch, Weston and Bordes 2017, "Reading Wikipedia to answer open-domain questions", section 3.2."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.base import PASSAGE, QUESTION, Architecture, epochs_for, segments
from core.architectures.recurrent import BothWays, taken
from core.catalog import PADDING, DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "document-reader",
    title="Document reader",
    year=2017,
    people="Danqi Chen, Adam Fisch, Jason Weston, Antoine Bordes",
    paper="Reading Wikipedia to answer open-domain questions",
    url="https://arxiv.org/abs/1704.00051",
    tasks=("question_answering",),
    beginner="It marks which words of the passage are asked about, lets each look for the words of the question that are "
    "most like it, and then reads the passage from both ends. Where what it has read fits the question, the answer is.",
    expert="Each token of the passage is its embedding, a sign whether it occurs in the question, and the question's "
    "embeddings weighted by their likeness to it (aligned question embedding). Bidirectional LSTMs read passage and "
    "question; the question's states are weighted into one vector, and a bilinear form of it with each state of the passage "
    "scores start and end. The paper's, with 300 pretrained numbers a word, three layers and signs of part of speech and "
    "names, reaches 69.5 exact match and 78.8 F1 on SQuAD's development set; here the embeddings are learned.",
)
class DocumentReader(Architecture):
    """Input tokens of question and passage int64 `(batch, length)`; output logits `(batch, length, 2)` of the answer's start
    and end, which mean something in the passage only."""

    takes = ("questions",)

    class Settings(Settings):
        embedding: int = setting(100, "Numbers that stand for one token.", unit="numbers", ge=4, le=1024)
        width: int = setting(64, "Memory cells of each layer and direction.", unit="cells", ge=4, le=1024)
        depth: int = setting(1, "Layers that read the passage, and as many the question.", unit="layers", ge=1, le=4)
        dropout: float = setting(0.3, "Share of numbers silenced at random in each training step.", ge=0, lt=1)

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        batch_size = given.get("batch_size", 32)
        return {
            "epochs": epochs_for(900, spec, batch_size), "batch_size": batch_size, "optimiser": "adamw",
            "learning_rate": 3e-3, "weight_decay": 0.01, "schedule": "one-cycle", "clip_gradient": 5.0, **given,
        }

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        self.tokens = nn.Embedding(spec.vocabulary_size, settings.embedding, padding_idx=PADDING)
        nn.init.normal_(self.tokens.weight, 0, settings.embedding**-0.5)
        self.aligned = Aligned(settings.embedding)
        deeper = [2 * settings.width] * (settings.depth - 1)
        self.passage = nn.ModuleList(BothWays(size, settings.width, 2) for size in (2 * settings.embedding + 1, *deeper))
        self.question = nn.ModuleList(BothWays(size, settings.width, 2) for size in (settings.embedding, *deeper))
        both = 2 * settings.width * settings.depth  # the states of all layers side by side, as in the paper
        self.weigh = nn.Linear(both, 1)
        self.score = nn.Linear(both, 2 * both, bias=False)
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        batch, length = tokens.shape
        asked, told = (segments(tokens) == part for part in (QUESTION, PASSAGE))  # each (batch, length)
        embedded = self.dropout(self.tokens(tokens))  # (batch, length, embedding)
        same = (tokens.unsqueeze(2) == tokens.unsqueeze(1)) & asked.unsqueeze(1)  # (batch, length, of the question)
        read = torch.cat([embedded, self.aligned(embedded, asked), same.any(2, keepdim=True)], 2)
        # The passage moves to the front of its row, so that it is read alone, and back again.
        fronts, places = asked.sum(1, keepdim=True), torch.arange(length, device=tokens.device)
        moved = taken(read, (places + fronts).clamp(max=length - 1))
        passage = self._read(self.passage, moved, told.sum(1))
        passage = taken(passage, (places - fronts).clamp(min=0))  # (batch, length, both)
        question = self._read(self.question, embedded, asked.sum(1))
        weights = self.weigh(question).masked_fill(~asked.unsqueeze(2), -torch.inf).softmax(1)  # (batch, length, 1)
        question = (question * weights).sum(1)  # (batch, both)
        scores = self.score(question).view(batch, 2, -1)
        return passage @ scores.transpose(1, 2)  # (batch, length, 2)

    def _read(self, layers: nn.ModuleList, states: Tensor, counts: Tensor) -> Tensor:
        seen = []
        for layer in layers:
            states = self.dropout(layer(states, counts))  # (batch, length, 2 · width)
            seen.append(states)
        return torch.cat(seen, 2)  # (batch, length, both)


class Aligned(nn.Module):
    """For each token the embeddings of the question, weighted by their likeness to its own: `(batch, length, embedding)` to
    same. With `explain` set, the weights are kept in `attention`, `(batch, 1, query, key)`."""

    def __init__(self, embedding: int):
        super().__init__()
        self.project = nn.Linear(embedding, embedding)
        self.explain = False
        self.attention: Tensor | None = None

    def forward(self, embedded: Tensor, asked: Tensor) -> Tensor:
        projected = F.relu(self.project(embedded))
        scores = projected @ projected.transpose(1, 2)  # (batch, query, key)
        weights = scores.masked_fill(~asked.unsqueeze(1), -torch.inf).softmax(2)
        if self.explain:
            self.attention = weights.unsqueeze(1)
        return weights @ embedded
