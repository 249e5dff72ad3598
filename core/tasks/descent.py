"""Gradient descent as the training settings say: the optimiser, its schedule, and all that stands between loss and step.

Muon: Keller Jordan and others 2024, "Muon: an optimizer for hidden layers in neural networks"; the length of its steps is
that of Liu et al. 2025, "Muon is scalable for LLM training", section 2.2, so that AdamW's learning rates suit it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from core.experiment import Training

MILESTONES = (0.5, 0.75)  # shares of the run after which the step schedule divides by ten: He et al. 2015, section 4.2
RISE = 0.1  # share of the run in which one-cycle rises


class Descent:
    """One network and the optimiser that trains it.

    A step is `begin`, `backward` of one loss or of several that add up, `step`. Where the settings ask for it, the network
    is laid out channels-last and compiled, in place: the names of its weights stay.
    """

    def __init__(self, network: nn.Module, training: Training, total_steps: int):
        self.network, self.training = network, training
        if training.channels_last:
            network.to(memory_format=torch.channels_last)
        if training.compile:
            network.compile()
        self.optimiser = make_optimiser(network.parameters(), training)
        self.schedule = make_schedule(self.optimiser, training, total_steps)
        device = next(network.parameters()).device
        # float16 can't hold small gradients: they are scaled up, and steps where one overflowed are left out.
        self.scaler = torch.amp.GradScaler(device.type, enabled=training.precision == "float16")

    def begin(self) -> None:
        self.optimiser.zero_grad(set_to_none=True)

    def backward(self, loss: Tensor) -> None:
        """Adds the gradients of a scalar loss."""
        self.scaler.scale(loss).backward()

    def step(self) -> None:
        if self.training.clip_gradient:
            self.scaler.unscale_(self.optimiser)
            nn.utils.clip_grad_norm_(self.network.parameters(), self.training.clip_gradient)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.schedule.step()

    def state_dict(self) -> dict:
        return {
            "optimiser": self.optimiser.state_dict(), "schedule": self.schedule.state_dict(),
            "scaler": self.scaler.state_dict(),
        }

    def load_state_dict(self, state: dict) -> None:
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        if self.scaler.is_enabled():
            self.scaler.load_state_dict(state["scaler"])


def make_optimiser(parameters: Iterable[nn.Parameter], training: Training) -> torch.optim.Optimizer:
    """The optimiser that the training settings name, for a network's parameters in their order. Biases and gains (fewer
    than two axes) are not decayed."""
    parameters = list(parameters)
    matrices = [p for p in parameters if p.ndim >= 2]
    hidden = {id(p) for p in matrices[1:-1]} if training.optimiser == "muon" else set()
    learned = [p for p in parameters if p.requires_grad]
    groups = [
        {"params": [p for p in learned if id(p) in hidden], "weight_decay": training.weight_decay, "hidden": True},
        {"params": [p for p in learned if p.ndim >= 2 and id(p) not in hidden], "weight_decay": training.weight_decay},
        {"params": [p for p in learned if p.ndim < 2], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    rate, momentum, betas = training.learning_rate, training.momentum, (training.momentum, 0.999)
    if training.optimiser == "muon":
        return Muon(groups, rate, betas)
    fused = all(p.device.type in ("cpu", "cuda") for p in learned)  # one call for all weights: a millisecond a step less
    if training.optimiser == "sgd":
        return torch.optim.SGD(groups, rate, momentum=momentum, nesterov=momentum > 0, fused=fused)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[training.optimiser]
    return kind(groups, rate, betas=betas, fused=fused)


def make_schedule(
    optimiser: torch.optim.Optimizer, training: Training, total_steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """The learning rate over the run. One-cycle: a straight rise over the first tenth, then half a cosine to zero. Step: a
    tenth of it from the middle of the run on, a hundredth in its last quarter."""
    def factor(step: int) -> float:
        done = min(step / max(1, total_steps), 1.0)
        if training.schedule == "constant":
            return 1.0
        if training.schedule == "step":
            return 0.1 ** sum(done >= milestone for milestone in MILESTONES)
        rise = RISE if training.schedule == "one-cycle" else 0.0
        if done < rise:
            return max(done / rise, 1 / max(1, total_steps))
        return 0.5 * (1 + math.cos(math.pi * (done - rise) / (1 - rise)))

    return torch.optim.lr_scheduler.LambdaLR(optimiser, factor)


class Muon(torch.optim.Optimizer):
    """Momentum whose steps are made orthogonal, for the groups marked `hidden`; AdamW for all others.

    `betas[0]` is Muon's Nesterov momentum too. A convolution's kernels count as the rows of a matrix `(out, in · h · w)`.
    torch's own Muon takes matrices only.
    """

    def __init__(self, groups: Iterable[dict], lr: float, betas: tuple[float, float]):
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": 0.0, "hidden": False})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            rate, (first, second) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["mean"] = torch.zeros_like(p)
                    if not group["hidden"]:
                        state |= {"square": torch.zeros_like(p), "count": 0}
                p.mul_(1 - rate * group["weight_decay"])
                mean = state["mean"].lerp_(p.grad, 1 - first)
                if group["hidden"]:
                    matrix = p.grad.lerp(mean, first).flatten(1)  # (out, in · h · w)
                    p.add_(orthogonal(matrix).view_as(p), alpha=-0.2 * rate * math.sqrt(max(matrix.shape)))
                else:
                    state["count"] += 1
                    square = state["square"].mul_(second).addcmul_(p.grad, p.grad, value=1 - second)
                    root = (square / (1 - second ** state["count"])).sqrt_().add_(1e-8)
                    p.addcdiv_(mean, root, value=-rate / (1 - first ** state["count"]))


def orthogonal(matrix: Tensor) -> Tensor:
    """Nearly the orthogonal matrix next to one `(rows, columns)`: five steps of Jordan's quintic Newton-Schulz iteration,
    which bring every singular value between about 0.7 and 1.2."""
    found = matrix.bfloat16() if matrix.shape[0] <= matrix.shape[1] else matrix.bfloat16().T
    found = found / found.norm().clamp(min=1e-7)  # no singular value above 1
    for _ in range(5):
        gram = found @ found.T
        found = torch.addmm(found, torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315), found, beta=3.4445)
    return (found if matrix.shape[0] <= matrix.shape[1] else found.T).to(matrix.dtype).contiguous()
