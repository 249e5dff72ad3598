"""What a model takes over of another one's weights (Yosinski et al. 2014, "How transferable are features in deep neural
networks?"): all whose names and shapes agree."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from torch import Tensor, nn

from core.catalog import DataSpec
from core.errors import UserError


@dataclass(frozen=True)
class Start:
    """`weights`: what is taken, by name; `new`: the names of what the model has beside them; `digest`: first 16 hexadecimal
    digits of a SHA-256 over all weights of the other model."""

    weights: dict[str, Tensor]
    new: tuple[str, ...]
    digest: str

    @property
    def told(self) -> str:
        new = ", ".join(self.new) if self.new else "nothing"
        return f"{len(self.weights)} of {len(self.weights) + len(self.new)} tensors taken over; new: {new}."


def start(model: nn.Module, spec: DataSpec, weights: dict[str, Tensor], of: DataSpec, name: str) -> Start:
    """What `model`, on data with that `spec`, takes of the `weights` of another run's model, whose data had the spec `of`.

    Raises `UserError`, with that run's `name`, where nothing fits or its tokens stand for other things.
    """
    if spec.vocabulary and (spec.vocabulary, spec.tokeniser) != (of.vocabulary, of.tokeniser):
        raise UserError(
            f"{name} has read other tokens ({len(of.vocabulary):,}) than these data have ({len(spec.vocabulary):,}), so its "
            "weights mean something else: take its data set and the settings of its vocabulary."
        )
    own = model.state_dict()
    taken = {each: weights[each] for each, value in own.items() if each in weights and weights[each].shape == value.shape}
    if not taken:
        raise UserError(f"No weights of {name} have the shape of this model's: give it the settings of the model there.")
    summary = hashlib.sha256()
    for each, value in sorted(weights.items()):
        summary.update(each.encode())
        summary.update(value.contiguous().cpu().numpy().data)
    return Start(taken, tuple(each for each in own if each not in taken), summary.hexdigest()[:16])
