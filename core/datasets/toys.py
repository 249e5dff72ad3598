"""Points in the plane, drawn and not real: two moons, circles, XOR (Minsky and Papert 1969), spirals (Lang and Witbrock
1988). Two numbers a point, so that all that a network makes of them can be seen."""

import importlib.util
import math

import torch
from torch import Tensor

from core.catalog import DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Split, feature_statistics
from core.experiment import Settings, setting

POINTS = setting(
    600, "Points drawn in all: half of them train, a quarter validate, a quarter test.", unit="points", ge=40, le=100_000
)
NOISE = "Spread of the random shift that each point gets in both directions: the more, the more the classes mix."
SEEDS = "Each split is drawn with a seed of its own (0, 1, 2), which never depends on the run."
LICENCE = "CC0 1.0: drawn by a formula, nobody's property"


class Drawn(Dataset):
    """Base of the sets here: points `(2,)` of two classes, as many of each. A subclass writes `draw`. The same settings
    give the same points whatever the run's seed."""

    classes: tuple[str, str]
    needs_scikit_learn = False

    def draw(self, count: int, seed: int) -> tuple[Tensor, Tensor]:
        """`count` points `(count, 2)` and their classes `(count,)`."""
        raise NotImplementedError

    def spec(self) -> DataSpec:
        quarter = self.settings.points // 4
        return DataSpec(
            kind="features", shape=(2,), features=("x", "y"), classes=self.classes, mean=(0.0, 0.0), std=(1.0, 1.0),
            sizes={"train": self.settings.points - 2 * quarter, "validation": quarter, "test": quarter},
        )

    def availability(self) -> Availability:
        if self.needs_scikit_learn and importlib.util.find_spec("sklearn") is None:
            return Availability(False, "The package scikit-learn, which draws these points, is missing: "
                                       "pip install scikit-learn.")
        return Availability(True, "Drawn on the spot: nothing to download.")

    def load(self) -> Data:
        spec, splits = self.spec(), {}
        for seed, (name, count) in enumerate(spec.sizes.items()):
            points, targets = self.draw(count, seed)
            splits[name] = Split(points.float(), targets.long())
        mean, std = feature_statistics(splits["train"].inputs)
        return Data(spec.model_copy(update={"mean": mean, "std": std}), **splits, source=f"drawn: {self.settings!r}")


@dataset(
    "moons",
    title="Two moons",
    people="scikit-learn",
    url="https://scikit-learn.org/stable/modules/generated/sklearn.datasets.make_moons.html",
    licence=LICENCE,
    beginner="Drawn, not real: points on two half circles that reach into each other. No straight line parts them, a gently "
    "bent one does.",
    expert=f"scikit-learn's make_moons: unit half circles, the lower one moved by (1, −0.5), under Gaussian noise. {SEEDS}",
)
class Moons(Drawn):
    classes = ("upper moon", "lower moon")
    needs_scikit_learn = True

    class Settings(Settings):
        points: int = POINTS
        noise: float = setting(0.15, NOISE, ge=0, le=2)

    def draw(self, count: int, seed: int) -> tuple[Tensor, Tensor]:
        from sklearn.datasets import make_moons  # slow to import

        return tuple(map(torch.from_numpy, make_moons(count, noise=self.settings.noise, random_state=seed)))


@dataset(
    "circles",
    title="Circles",
    people="scikit-learn",
    url="https://scikit-learn.org/stable/modules/generated/sklearn.datasets.make_circles.html",
    licence=LICENCE,
    beginner="Drawn, not real: a small circle of points inside a large one. A network has to close its border into a ring.",
    expert="scikit-learn's make_circles: radii 1 and 0.5, under Gaussian noise. "
    f"{SEEDS}",
)
class Circles(Drawn):
    classes = ("outer circle", "inner circle")
    needs_scikit_learn = True

    class Settings(Settings):
        points: int = POINTS
        noise: float = setting(0.1, NOISE, ge=0, le=2)

    def draw(self, count: int, seed: int) -> tuple[Tensor, Tensor]:
        from sklearn.datasets import make_circles  # slow to import

        return tuple(map(torch.from_numpy,
                         make_circles(count, noise=self.settings.noise, factor=0.5, random_state=seed)))


@dataset(
    "xor",
    title="XOR",
    year=1969,
    people="Marvin Minsky, Seymour Papert",
    paper="Perceptrons",
    url="https://doi.org/10.7551/mitpress/11301.001.0001",
    licence=LICENCE,
    beginner="Drawn, not real: points in four corners, and opposite corners belong together. No single neuron can part them "
    "with its one straight line, however long it learns: the example that ended the first wave of neural networks.",
    expert="Even over the square from −1 to 1, 0.1 away from both axes; the class is whether x and y have the same sign. "
    f"Gaussian noise comes after the class. {SEEDS}",
)
class XOR(Drawn):
    classes = ("same sign", "other sign")

    class Settings(Settings):
        points: int = POINTS
        noise: float = setting(0.05, NOISE, ge=0, le=2)

    def draw(self, count: int, seed: int) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(seed)
        corner = torch.randperm(count, generator=generator) % 4
        signs = torch.stack([corner // 2, corner % 2], 1) * 2.0 - 1  # (count, 2)
        points = signs * (0.1 + 0.9 * torch.rand(count, 2, generator=generator))
        targets = (signs[:, 0] != signs[:, 1]).long()
        return points + self.settings.noise * torch.randn(count, 2, generator=generator), targets


@dataset(
    "spirals",
    title="Spirals",
    year=1988,
    people="Kevin Lang, Michael Witbrock",
    paper="Learning to tell two spirals apart",
    url="https://www.cs.cmu.edu/afs/cs/project/ai-repository/ai/areas/neural/bench/cmu/0.html",
    licence=LICENCE,
    beginner="Drawn, not real: two arms of points wound around each other. The border has to wind between them, which takes "
    "a network many bends.",
    expert="Archimedean spirals half a turn apart, radius 0 to 1 over 1.75 turns (three in 1988; 1.75 as in TensorFlow "
    f"Playground, Smilkov and others 2017), under Gaussian noise. {SEEDS}",
)
class Spirals(Drawn):
    classes = ("first arm", "second arm")

    class Settings(Settings):
        points: int = POINTS
        noise: float = setting(0.03, NOISE, ge=0, le=2)

    def draw(self, count: int, seed: int) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(seed)
        targets = torch.randperm(count, generator=generator) % 2
        radius = torch.rand(count, generator=generator)
        angle = 1.75 * 2 * math.pi * radius + math.pi * targets
        points = radius[:, None] * torch.stack([angle.sin(), angle.cos()], 1)  # (count, 2)
        return points + self.settings.noise * torch.randn(count, 2, generator=generator), targets
