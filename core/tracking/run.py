"""One run, as the store has it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from core.experiment import Experiment

ENDED = ("FINISHED", "FAILED", "KILLED")


@dataclass(frozen=True)
class Run:
    """One run, as the store has it now. Times are unix seconds; `metrics` holds the latest value of each.

    `digest` and `source` are of the data set that it read, empty until then.
    """

    id: str
    name: str
    state: str
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    created: float
    ended: float | None
    digest: str = ""
    source: str = ""

    @property
    def experiment(self) -> Experiment:
        """The value that this run was made of. Raises `UserError` where this version can't read it."""
        return Experiment.from_json(self.tags["glassbox.experiment"])

    @property
    def started(self) -> float | None:
        """When a worker took it up."""
        return float(self.tags["glassbox.started"]) if "glassbox.started" in self.tags else None

    @property
    def finds_rate(self) -> bool:
        """Whether it seeks a learning rate for its experiment, and trains nothing that is kept."""
        return "glassbox.finds" in self.tags

    @property
    def parent(self) -> str:
        """The id of the run whose weights it started from; empty where there is none."""
        return self.tags.get("glassbox.start_run", "")

    @property
    def model_step(self) -> int | None:
        """The step whose weights its model has in the end; None before that, or where it did not say."""
        return int(self.tags["glassbox.model_step"]) if "glassbox.model_step" in self.tags else None

    @property
    def cause(self) -> str:
        """Why it did not finish, or what is to be said of its end, in a sentence; empty otherwise."""
        return self.tags.get("glassbox.cause", "")

    @property
    def phase(self) -> str:
        """What it is doing: `waiting`, `loading data`, `training`, ...; empty once it has ended."""
        return "waiting" if self.state == "SCHEDULED" else self.tags.get("glassbox.phase", "")

    @property
    def device(self) -> str:
        return self.tags.get("glassbox.device", "")

    @property
    def total_steps(self) -> int:
        return int(self.tags.get("glassbox.total_steps", 0))

    @property
    def progress(self) -> float:
        """Share of its training that is done, 0..1."""
        return min(1.0, self.metrics.get("train/epoch", 0.0) / float(self.params.get("training.epochs", 1)))

    @property
    def step(self) -> int:
        return round(self.progress * self.total_steps)

    @property
    def seconds_left(self) -> float | None:
        """Time that training still takes at its pace since it started or went on, looks and evaluations included; None
        where it isn't known."""
        done = self.step - int(self.tags.get("glassbox.from_step", 0))
        if self.phase != "training" or done <= 0:
            return None
        return (time.time() - float(self.tags["glassbox.training_since"])) / done * (self.total_steps - self.step)
