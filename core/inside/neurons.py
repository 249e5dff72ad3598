"""The neurons between a row of numbers and its answer: what each adds up, what its activation makes of that, and the
activation itself. Found by hooks, in any model whose layers are torch's own modules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from core.datasets.base import Batch
from core.inside.load import Loaded


@dataclass(frozen=True)
class Layer:
    """One layer of neurons, asked about `n` rows.

    `sums` and `answers` float32 `(n, neurons)`, before and after the activation, whose name is `activation` (empty where
    there is none) and whose place in the model is `path`; `say` float32 `(neurons,)`: how strongly the next layer hears
    each neuron (the length of its outgoing weights), 1 in the last layer.
    """

    activation: str
    path: str
    sums: np.ndarray
    answers: np.ndarray
    say: np.ndarray


def layers(loaded: Loaded, rows: Tensor) -> list[Layer]:
    """All layers of neurons that rows, float32 `(n, features)`, pass; the last one gives the classes' scores."""
    passed: list[tuple[str, nn.Module, Tensor]] = []
    with loaded.lock, torch.no_grad():
        hooks = [
            module.register_forward_hook(lambda module, _, output, path=path: passed.append((path, module, output.clone())))
            for path, module in loaded.model.named_modules() if not any(module.children())
        ]
        try:
            loaded.model(loaded.task.model_input(Batch(rows, None)))
        finally:
            for hook in hooks:
                hook.remove()
    places = [i for i, (_, module, _) in enumerate(passed) if isinstance(module, nn.Linear)]
    found = []
    for place, following in zip(places, [*places[1:], None], strict=False):
        sums = passed[place][2]
        say = torch.ones(sums.shape[1]) if following is None else passed[following][1].weight.norm(dim=0)  # (neurons,)
        path, bend, answers = passed[place + 1] if place + 1 < len(passed) else ("", nn.Identity(), sums)
        if isinstance(bend, nn.Linear | nn.Dropout | nn.Identity):  # nothing bends these sums
            path, answers = "", sums
        name = type(bend).__name__ if path else ""
        found.append(Layer(name, path, sums.numpy(), answers.numpy(), say.detach().numpy()))
    return found


def strongest(layer: Layer, count: int) -> list[int]:
    """The neurons that move the next layer most over the rows asked about, strongest first: by the spread of their answers,
    times their say."""
    return np.argsort(-layer.answers.std(0) * layer.say, kind="stable")[:count].tolist()


def curve(loaded: Loaded, path: str, reach: float, count: int = 201) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An activation between `-reach` and `reach`: places, its values there, and its slopes, float32 `(count,)` each."""
    places = torch.linspace(-reach, reach, count).requires_grad_()
    with loaded.lock, torch.enable_grad():
        values = loaded.model.get_submodule(path)(places)
        (slopes,) = torch.autograd.grad(values.sum(), places)
    return places.detach().numpy(), values.detach().numpy(), slopes.numpy()
