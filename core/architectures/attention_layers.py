"""What the Transformers here share: Vaswani et al. 2017, "Attention is all you need", section 3, with normalisation before
each sublayer (Xiong et al. 2020, "On layer normalization in the Transformer architecture")."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Block(nn.Module):
    """Attention, then a feed-forward layer for each token, each added to what came in. `(batch, length, width)` to same."""

    def __init__(self, width: int, heads: int, dropout: float, *, causal: bool = False, rotary: bool = False):
        super().__init__()
        attention = SelfAttention(width, heads, causal=causal, rotary=rotary)
        self.attention_norm, self.attention = nn.LayerNorm(width), attention
        self.feed_norm = nn.LayerNorm(width)
        self.feed = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, real: Tensor | None = None) -> Tensor:
        states = states + self.dropout(self.attention(self.attention_norm(states), real))
        return states + self.dropout(self.feed(self.feed_norm(states)))


class DecoderBlock(nn.Module):
    """Attention to what stands before, then to what was read, then a feed-forward layer, each added to what came in.
    `(batch, target, width)` to same."""

    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.attention_norm, self.attention = nn.LayerNorm(width), SelfAttention(width, heads, causal=True)
        self.cross_norm, self.cross = nn.LayerNorm(width), CrossAttention(width, heads)
        self.feed_norm = nn.LayerNorm(width)
        self.feed = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, read: Tensor, real: Tensor) -> Tensor:
        """`read` `(batch, source, width)`: what the encoder made of the source; `real` bool `(batch, source)`."""
        states = states + self.dropout(self.attention(self.attention_norm(states)))
        states = states + self.dropout(self.cross(self.cross_norm(states), read, real))
        return states + self.dropout(self.feed(self.feed_norm(states)))


class Attention(nn.Module):
    """Multi-head attention, equation 1 and section 3.2.2; where it is `causal`, each token sees itself and those before it,
    and no later one; where it is `rotary`, what a token gives another also hangs on how far away that is (`turned`).

    With `explain` set, the weights are computed in plain sight and kept in `attention`, `(batch, heads, query, key)`;
    otherwise torch's fused kernel is used, which gives the same output and shows no weights.
    """

    def __init__(self, width: int, heads: int, *, causal: bool = False, rotary: bool = False):
        super().__init__()
        self.heads, self.causal, self.rotary = heads, causal, rotary
        self.output = nn.Linear(width, width)
        self.explain = False
        self.attention: Tensor | None = None

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor, real: Tensor | None) -> Tensor:
        """All three `(batch, heads, length, width / heads)`, of queries perhaps another length; `real` bool
        `(batch, key)`. Gives `(batch, query, width)`."""
        if self.rotary:
            queries, keys = turned(queries), turned(keys)
        mask = None if real is None else real[:, None, None, :]  # (batch, 1, 1, key)
        if self.explain:
            scores = queries @ keys.transpose(2, 3) / math.sqrt(queries.shape[-1])  # (batch, heads, query, key)
            seen = torch.ones_like(scores, dtype=torch.bool).tril() if self.causal else mask
            self.attention = scores.masked_fill(~seen, -torch.inf).softmax(-1)
            mixed = self.attention @ values
        else:
            mixed = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, is_causal=self.causal)
        return self.output(mixed.transpose(1, 2).flatten(2))  # heads side by side

    def split(self, projected: Tensor, parts: int) -> Tensor:
        """`(batch, length, parts × width)` as `(parts, batch, heads, length, width / heads)`."""
        return projected.unflatten(2, (parts, self.heads, -1)).permute(2, 0, 3, 1, 4)


class SelfAttention(Attention):
    """Each token looks at the others."""

    def __init__(self, width: int, heads: int, *, causal: bool = False, rotary: bool = False):
        super().__init__(width, heads, causal=causal, rotary=rotary)
        self.project = nn.Linear(width, 3 * width)  # queries, keys and values at once

    def forward(self, states: Tensor, real: Tensor | None = None) -> Tensor:
        """`states` `(batch, length, width)`; `real` bool `(batch, length)`, False where a key is padding; None where none
        is, as a causal layer takes it."""
        return self.attend(*self.split(self.project(states), 3), real)


class CrossAttention(Attention):
    """Each token of what is being written looks at those that were read."""

    def __init__(self, width: int, heads: int):
        super().__init__(width, heads)
        self.ask, self.project = nn.Linear(width, width), nn.Linear(width, 2 * width)  # queries; keys and values at once

    def forward(self, states: Tensor, read: Tensor, real: Tensor) -> Tensor:
        """`states` `(batch, target, width)` ask, `read` `(batch, source, width)` answers; `real` bool `(batch, source)`."""
        (queries,) = self.split(self.ask(states), 1)
        return self.attend(queries, *self.split(self.project(read), 2), real)


class AdditiveAttention(nn.Module):
    """Where in the source a decoder looks: Bahdanau, Cho and Bengio 2014, "Neural machine translation by jointly learning to
    align and translate", appendix A.1.2. With `explain` set, the decoder keeps the weights of a whole
    target in `attention`, `(batch, 1, target, source)`."""

    def __init__(self, width: int, numbers: int, inner: int):
        super().__init__()
        self.ask, self.keys = nn.Linear(width, inner, bias=False), nn.Linear(numbers, inner)
        self.score = nn.Linear(inner, 1, bias=False)
        self.explain = False
        self.attention: Tensor | None = None

    def forward(self, state: Tensor, keys: Tensor, real: Tensor) -> Tensor:
        """Weights `(batch, source)`, which sum to one, for a state `(batch, width)`, keys `(batch, source, inner)`."""
        scores = self.score((self.ask(state)[:, None] + keys).tanh())[..., 0]  # (batch, source)
        return scores.masked_fill(~real, -torch.inf).softmax(1)


def turned(vectors: Tensor) -> Tensor:
    """Vectors `(..., length, numbers)`, an even number of them, turned by angles that grow with their place, pair by pair
    more slowly: the product of two then depends on their places by the distance alone (Su et al. 2021, "RoFormer: enhanced
    Transformer with rotary position embedding", equation 34)."""
    length, numbers = vectors.shape[-2:]
    speed = 10_000 ** (-torch.arange(0, numbers, 2, device=vectors.device) / numbers)
    angle = torch.arange(length, device=vectors.device)[:, None] * speed  # (length, numbers / 2)
    first, second = vectors.chunk(2, -1)
    cosines, sines = angle.cos().to(vectors), angle.sin().to(vectors)
    return torch.cat([first * cosines - second * sines, second * cosines + first * sines], -1)


def crosses(name: str) -> bool:
    """Whether the layer of that name looks from what is written to what was read or seen."""
    return name.rsplit(".", 1)[-1] in ("cross", "search")


def explained(model: nn.Module, *inputs: Tensor | int, across: bool = False) -> tuple[Tensor, list[Tensor]]:
    """What a model answers, and the attention `(batch, heads, query, key)` of each of its layers that can explain itself,
    or, `across`, of those alone that look from what is written to what was read: an empty list where it has none."""
    layers = [module for name, module in model.named_modules() if hasattr(module, "explain")
              and (crosses(name) or not across)]
    try:
        for layer in layers:
            layer.explain = True
        answer = model(*inputs)
        return answer, [layer.attention for layer in layers]
    finally:
        for layer in layers:
            layer.explain, layer.attention = False, None
