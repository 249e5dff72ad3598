"""The bidirectional encoder: Devlin, Chang, Lee and Toutanova 2019, "BERT: pre-training of deep bidirectional Transformers
for language understanding", section 3, with normalisation before each sublayer."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.attention_layers import Block
from core.architectures.base import Architecture, epochs_for
from core.catalog import PADDING, DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "bert",
    title="BERT",
    year=2018,
    people="Jacob Devlin, Ming-Wei Chang, Kenton Lee, Kristina Toutanova",
    paper="BERT: pre-training of deep bidirectional Transformers for language understanding",
    url="https://arxiv.org/abs/1810.04805",
    tasks=("masked_language_modelling", "text_classification", "sequence_classification"),
    beginner="First it learns to fill gaps: words of a sentence are hidden, and it guesses them from the words on both "
    "sides. No one has to label anything for that. What it has learned of words is then the start for something else, such "
    "as telling praise from blame: that is fine-tuning.",
    expert="Token and learned position embeddings, pre-norm blocks of multi-head self-attention and a GELU feed-forward "
    "layer four times as wide, a last layer norm. One body, and on it the head that the task asks for: for gaps a dense "
    "layer with GELU and layer norm, then the token embeddings once more as the output layer with a bias; for classes the "
    "mean over the real tokens and one linear layer (the paper takes the state of a first token of its own, and has a "
    "second training task, which sentences alone don't serve). The mask is one more row of the embedding, so any vocabulary "
    "will do. Weights start with a standard deviation of 0.02.",
)
class Bert(Architecture):
    """Input token numbers int64 `(batch, length)`, 0 = padding, `mask` = a hidden token, at least one that isn't padding in
    each row. Output logits `(batch, classes)`; of data without classes `(batch, length, vocabulary)`, at each place for what
    stands there."""

    takes = ("sentences",)

    class Settings(Settings):
        width: int = setting(128, "Numbers that stand for one token, in every layer.", unit="numbers", ge=8, le=1024)
        depth: int = setting(3, "Layers of attention.", unit="layers", ge=1, le=24)
        heads: int = setting(4, "Views that each layer takes at once; where they don't divide the width, it is rounded up.",
                             unit="heads", ge=1, le=16)
        dropout: float = setting(0.1, "Share of numbers silenced at random in each training step.", ge=0, lt=1)

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        batch_size = given.get("batch_size", 64)
        steps = 1060 if spec.classes else 5300
        return {
            "epochs": epochs_for(steps, spec, batch_size), "optimiser": "adamw", "learning_rate": 1e-3, "weight_decay": 0.01,
            "schedule": "one-cycle", "clip_gradient": 1.0, **given,
        }

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        (length,) = spec.shape
        width = math.ceil(settings.width / settings.heads) * settings.heads
        self.mask = spec.vocabulary_size
        self.tokens = nn.Embedding(spec.vocabulary_size + 1, width)
        self.positions = nn.Parameter(torch.empty(length, width))
        self.dropout = nn.Dropout(settings.dropout)
        self.blocks = nn.ModuleList(Block(width, settings.heads, settings.dropout) for _ in range(settings.depth))
        self.norm = nn.LayerNorm(width)
        if spec.classes:
            self.classifier = nn.Linear(width, len(spec.classes))
        else:
            self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
            self.bias = nn.Parameter(torch.zeros(spec.vocabulary_size))
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, 0, 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, tokens: Tensor, places: Tensor | None = None) -> Tensor:
        """`places` int64 `(batch, n)`: only there is it said what stands, `(batch, n, vocabulary)`."""
        real = tokens != PADDING  # (batch, length)
        states = self.states(tokens, real)
        if hasattr(self, "classifier"):
            return self.classify(states, real)
        if places is not None:
            states = states.take_along_dim(places[:, :, None], 1)  # (batch, n, width)
        return self.fill(states)

    def states(self, tokens: Tensor, real: Tensor) -> Tensor:
        """The body: what the model makes of each token in its place, `(batch, length, width)`."""
        states = self.dropout(self.tokens(tokens) + self.positions[: tokens.shape[1]])  # (batch, length, width)
        for block in self.blocks:
            states = block(states, real)
        return self.norm(states)

    def classify(self, states: Tensor, real: Tensor) -> Tensor:
        weights = real / real.sum(1, keepdim=True)  # (batch, length)
        sentence = (states * weights.unsqueeze(2)).sum(1)  # (batch, width)
        return self.classifier(self.dropout(sentence))  # (batch, classes)

    def fill(self, states: Tensor) -> Tensor:
        return F.linear(self.transform(states), self.tokens.weight[: self.mask], self.bias)  # (batch, n, vocabulary)
