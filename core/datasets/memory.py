"""Sequences, drawn and not real, whose answer hangs on a few of their steps long ago: the two-sequence problem of Bengio,
Simard and Frasconi 1994, the temporal order and the adding problem of Hochreiter and Schmidhuber 1997, experiments 6a and 4,
parity, and the copying task of Arjovsky, Shah and Bengio 2016, section 5.1."""

import math

import torch
from torch import Tensor

from core.catalog import PADDING, DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Padded, Split
from core.datasets.characters import NONE
from core.experiment import Settings, setting

KEPT = 10  # symbols that are to be copied
BLANK, SIGN = "·", ">"  # what stands in the pause, and what asks for the copy
LICENCE = "CC0 1.0: drawn by a formula, nobody's property"
SEEDS = "Each split is drawn with a seed of its own (0, 1, 2), which never depends on the run."

SEQUENCES = setting(10_000, "Sequences drawn in all: 80 % train, 10 % validate, 10 % test.", unit="sequences", ge=100,
                    le=1_000_000)


class Drawn(Dataset):
    """Base of the sets here. A subclass writes `spec` and `split`; its settings say how many `sequences` are drawn."""

    class Settings(Settings):
        length: int = setting(100, "Steps in each sequence: the longer, the further back the answer lies.",
                              unit="steps", ge=10, le=1000)
        sequences: int = SEQUENCES

    @property
    def sizes(self) -> dict[str, int]:
        tenth = self.settings.sequences // 10
        return {"train": self.settings.sequences - 2 * tenth, "validation": tenth, "test": tenth}

    def availability(self) -> Availability:
        return Availability(True, "Drawn on the spot: nothing to download.")

    def split(self, count: int, generator: torch.Generator) -> Split:
        """`count` sequences."""
        raise NotImplementedError

    def load(self) -> Data:
        spec = self.spec()
        splits = {name: self.split(count, torch.Generator().manual_seed(seed))
                  for seed, (name, count) in enumerate(spec.sizes.items())}
        return Data(spec, **splits, source=f"drawn: {self.settings!r}")


class Remembered(Drawn):
    """Base of those of symbols: token numbers `(length,)`. A subclass names `symbols` and `classes`, and writes `draw`."""

    symbols: tuple[str, ...]
    classes: tuple[str, ...]

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """`count` sequences as places in `symbols`, int64 `(count, length)`, and their classes `(count,)`. Below 0 is
        padding, at the end."""
        raise NotImplementedError

    def spec(self) -> DataSpec:
        vocabulary = ("<padding>", "<unknown>", *self.symbols)
        return DataSpec(
            kind="sentences", shape=(self.settings.length,), classes=self.classes, symbols=True, vocabulary=vocabulary,
            vocabulary_size=len(vocabulary), sizes=self.sizes,
        )

    def split(self, count: int, generator: torch.Generator) -> Split:
        places, targets = self.draw(count, generator)
        return Padded((places + 2).masked_fill(places < 0, PADDING), targets)  # after padding and the unknown


@dataset(
    "temporal-order",
    title="Temporal order",
    year=1997,
    people="Sepp Hochreiter, Jürgen Schmidhuber",
    paper="Long short-term memory",
    url="https://doi.org/10.1162/neco.1997.9.8.1735",
    licence=LICENCE,
    beginner="Drawn, not real: a hundred letters, of which only two count, an x or a y near the beginning and another in "
    "the middle. Which came first? Whoever reads letter by letter has to remember the first for the rest of the sequence.",
    expert="Experiment 6a: x or y at a place drawn from the second tenth of the sequence and again from the sixth, a, b, c "
    f"or d everywhere else; four classes, one for each pair in its order. The paper's lengths vary by a tenth. {SEEDS}",
)
class TemporalOrder(Remembered):
    symbols = ("a", "b", "c", "d", "x", "y")
    classes = ("x, x", "x, y", "y, x", "y, y")

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        length, rows = self.settings.length, torch.arange(count)
        sequences = torch.randint(4, (count, length), generator=generator)
        which = torch.randint(2, (count, 2), generator=generator)  # x or y, first and second
        for i, start in enumerate((length // 10, length // 2)):
            sequences[rows, start + torch.randint(length // 10, (count,), generator=generator)] = 4 + which[:, i]
        return sequences, 2 * which[:, 0] + which[:, 1]


@dataset(
    "two-sequences",
    title="Two sequences",
    year=1994,
    people="Yoshua Bengio, Patrice Simard, Paolo Frasconi",
    paper="Learning long-term dependencies with gradient descent is difficult",
    url="https://doi.org/10.1109/72.279181",
    licence=LICENCE,
    beginner="Drawn, not real: the first three letters say which of two kinds a sequence is, and everything after them is "
    "noise. A memory has to hold one answer, and let nothing disturb it.",
    expert="The two-sequence problem in symbols: the first three are x for one class and y for the other, all others are a, "
    f"b, c or d at random. {SEEDS}",
)
class TwoSequences(Remembered):
    symbols = ("a", "b", "c", "d", "x", "y")
    classes = ("began with x", "began with y")

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        sequences = torch.randint(4, (count, self.settings.length), generator=generator)
        targets = torch.randint(2, (count,), generator=generator)
        sequences[:, :3] = 4 + targets[:, None]
        return sequences, targets


@dataset(
    "parity",
    title="Parity",
    year=1969,
    people="Marvin Minsky, Seymour Papert",
    paper="Perceptrons: an introduction to computational geometry",
    url="https://mitpress.mit.edu/9780262630221/perceptrons/",
    licence=LICENCE,
    beginner="Drawn, not real: ones and noughts, up to a hundred of them. Is the number of ones even or odd? A single bit "
    "has to be remembered, but every one that comes turns it over, and whoever misses one is wrong.",
    expert="Each symbol is 0 or 1 with equal chance. The lengths are drawn evenly on a logarithmic scale, from 1 to the "
    "whole length, so that there are short sequences to learn the rule from before the long ones; padding follows. A "
    f"measure over all of them counts many short ones. {SEEDS}",
)
class Parity(Remembered):
    symbols = ("0", "1")
    classes = ("even", "odd")

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        most = self.settings.length
        lengths = (torch.rand(count, 1, generator=generator) * math.log(most)).exp().round()  # (count, 1)
        bits = torch.randint(2, (count, most), generator=generator)
        real = torch.arange(most) < lengths
        return bits.masked_fill(~real, -1), (bits * real).sum(1) % 2


@dataset(
    "adding",
    title="Adding problem",
    year=1997,
    people="Sepp Hochreiter, Jürgen Schmidhuber",
    paper="Long short-term memory",
    url="https://doi.org/10.1162/neco.1997.9.8.1735",
    licence=LICENCE,
    beginner="Drawn, not real: a hundred numbers, of which two are marked. What do these two add up to? All others have to "
    "be let past, and the first kept, to the digit, until the second comes and then to the end.",
    expert="Experiment 4 in the form of Arjovsky, Shah and Bengio 2016, section 5.2: at each step a value of 0 to 1 and a "
    "marker; one place is marked in the first half and one in the second, and the target is the sum of their values. Always "
    f"to say 1 costs a mean squared error of 1/6. The first paper draws from -1 to 1, and scales the sum to 0..1. {SEEDS}",
)
class Adding(Drawn):
    def spec(self) -> DataSpec:
        return DataSpec(kind="series", shape=(self.settings.length, 2), sizes=self.sizes)

    def split(self, count: int, generator: torch.Generator) -> Split:
        half, length, rows = self.settings.length // 2, self.settings.length, torch.arange(count)
        values, markers = torch.rand(count, length, generator=generator), torch.zeros(count, length)
        markers[rows, torch.randint(half, (count,), generator=generator)] = 1
        markers[rows, torch.randint(half, length, (count,), generator=generator)] = 1
        return Split(torch.stack([values, markers], 2), (values * markers).sum(1))  # (count, length, 2), (count,)


@dataset(
    "copying",
    title="Copying task",
    year=2016,
    people="Martin Arjovsky, Amar Shah, Yoshua Bengio",
    paper="Unitary evolution recurrent neural networks",
    url="https://arxiv.org/abs/1511.06464",
    licence=LICENCE,
    beginner="Drawn, not real: ten letters, then a long pause, then a sign upon which the ten have to be said again. Not "
    "one thing has to be remembered but ten at once, and in their order.",
    expert="Section 5.1, after Hochreiter and Schmidhuber 1997: ten symbols out of eight, a pause of blanks, a sign, and "
    "the ten again, which alone are foretold. Each of them is read before the next, where the paper's network reads blanks: "
    f"so any language model takes it. Blind guessing is right in one of eight. {SEEDS}",
)
class Copying(Drawn):
    symbols = ("a", "b", "c", "d", "e", "f", "g", "h", BLANK, SIGN)

    class Settings(Settings):
        pause: int = setting(100, "Blanks between the symbols and the sign that asks for them.", unit="steps", ge=1, le=1000)
        sequences: int = SEQUENCES

    def spec(self) -> DataSpec:
        return DataSpec(kind="text", shape=(2 * KEPT + self.settings.pause,), symbols=True, vocabulary=self.symbols,
                        vocabulary_size=len(self.symbols), sizes=self.sizes)

    def split(self, count: int, generator: torch.Generator) -> Split:
        kept = torch.randint(len(self.symbols) - 2, (count, KEPT), generator=generator)
        pause = torch.full((count, self.settings.pause + 1), self.symbols.index(BLANK))
        pause[:, -1] = self.symbols.index(SIGN)
        sequences = torch.cat([kept, pause, kept], 1)  # (count, length + 1)
        targets = sequences[:, 1:].clone()
        targets[:, :-KEPT] = NONE
        return Split(sequences[:, :-1], targets)
