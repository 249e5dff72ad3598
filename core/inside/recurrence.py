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
    """One layer in one direction, over a sentence or a sound of `length` steps, in their order.

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


def layers(loaded: Loaded, inputs: Tensor) -> list[Layer]:
    """What each recurrent layer does with one example without padding, token numbers `(1, length)`, a waveform
    `(1, samples)` or a series `(1, length, numbers)`, in the order of the model."""
    cells = {name: module for name, module in loaded.model.named_modules() if isinstance(module, Cell)}
    read: dict[str, Tensor] = {}

    def note(name: str):
        def hook(module: nn.Module, inputs: tuple) -> None:
            read[name] = inputs[0][0]  # (length, numbers)

        return hook

    with loaded.lock, torch.no_grad():
        hooks = [cell.register_forward_pre_hook(note(name)) for name, cell in cells.items()]
        try:
            loaded.model(inputs)
        finally:
            for hook in hooks:
                hook.remove()
        places = {name: _place(name) for name in cells}
        both = any(backwards for _, backwards in places.values())
        return [_layer(*places[name], cells[name], read[name], both) for name in sorted(cells, key=places.get)]


def _place(path: str) -> tuple[int, bool]:
    """The number of the layer with this path in the model, and whether it reads backwards."""
    parts = path.split(".")
    return next(int(part) for part in parts if part.isdecimal()), "backwards" in parts


def _layer(number: int, backwards: bool, cell: Cell, inputs: Tensor, both: bool) -> Layer:
    # A layer that reads backwards is given the sentence in its own order.
    turned = (lambda values: values.flip(0)) if backwards else (lambda values: values)
    with torch.enable_grad():
        inputs = inputs.clone().requires_grad_()
        seen = cell.steps(inputs)
        reach = reaching(seen["state"][-1], inputs)
    return Layer(
        f"Layer {number + 1}" + (f", {'backwards' if backwards else 'forwards'}" if both else ""),
        {name: turned(values.detach()).numpy() for name, values in seen.items()}, turned(reach).numpy(),
    )


def reaching(state: Tensor, inputs: Tensor) -> Tensor:
    """The Frobenius norm `(length,)` of the derivative of `state` `(width,)` by each row of `inputs` `(length, numbers)`."""
    jacobian, = torch.autograd.grad(state, inputs, torch.eye(len(state)), is_grads_batched=True)  # (width, length, numbers)
    return jacobian.square().sum((0, 2)).sqrt()
