"""What goes on in a recurrent network while it reads: its gates, its cells, and how far back its last state still depends on
what it read (Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural networks", section 2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from core.architectures.recurrent import Cell
from core.inside.load import Loaded


@dataclass(frozen=True)
class Layer:
    """One layer in one direction, over a sentence of `length` tokens, in the order of the sentence.

    `name` is what a person calls it (`Layer 2, backwards`); `seen` holds gates, cells and state by name, float32
    `(length, width)`; `reach` float32 `(length,)` is the size of the derivative of the state at the end of the reading by
    what the layer reads at each place (the Frobenius norm of the Jacobian).
    """

    name: str
    seen: dict[str, np.ndarray]
    reach: np.ndarray


def fits(loaded: Loaded) -> bool:
    """Whether the model has recurrent layers."""
    return any(isinstance(module, Cell) for module in loaded.model.modules())


def layers(loaded: Loaded, ids: Tensor) -> list[Layer]:
    """What each recurrent layer does with token numbers `(1, length)` without padding, in the order of the model."""
    cells = {name: module for name, module in loaded.model.named_modules() if isinstance(module, Cell)}
    read: dict[str, Tensor] = {}

    def note(name: str):
        def hook(module: nn.Module, inputs: tuple) -> None:
            read[name] = inputs[0][0]  # (length, numbers)

        return hook

    with loaded.lock, torch.no_grad():
        hooks = [cell.register_forward_pre_hook(note(name)) for name, cell in cells.items()]
        try:
            loaded.model(ids)
        finally:
            for hook in hooks:
                hook.remove()
        both = any(name.startswith("backwards") for name in cells)
        return [_layer(name, cell, read[name], both) for name, cell in sorted(cells.items(), key=_order)]


def _order(named: tuple[str, Cell]) -> tuple[int, bool]:
    direction, _, number = named[0].rpartition(".")
    return int(number), direction == "backwards"


def _layer(path: str, cell: Cell, inputs: Tensor, both: bool) -> Layer:
    direction, _, number = path.rpartition(".")
    # A layer that reads backwards is given the sentence in its own order.
    turned = (lambda values: values.flip(0)) if direction == "backwards" else (lambda values: values)
    with torch.enable_grad():
        inputs = inputs.clone().requires_grad_()
        seen = cell.steps(inputs)
        reach = reaching(seen["state"][-1], inputs)
    return Layer(
        f"Layer {int(number) + 1}" + (f", {direction}" if both else ""),
        {name: turned(values.detach()).numpy() for name, values in seen.items()}, turned(reach).numpy(),
    )


def reaching(state: Tensor, inputs: Tensor) -> Tensor:
    """The Frobenius norm `(length,)` of the derivative of `state` `(width,)` by each row of `inputs` `(length, numbers)`."""
    jacobian, = torch.autograd.grad(state, inputs, torch.eye(len(state)), is_grads_batched=True)  # (width, length, numbers)
    return jacobian.square().sum((0, 2)).sqrt()
