"""Questions that come by themselves out of Shakespeare's plays: words are quoted, and the passage shows who says them. After
Hermann et al. 2015, "Teaching machines to read and comprehend", who made questions of newspapers in such a way."""

from __future__ import annotations

import random
from typing import NamedTuple

from core.catalog import DataSpec, dataset
from core.datasets import questions
from core.datasets.base import Availability, Data, Dataset, Progress
from core.datasets.questions import Question
from core.datasets.shakespeare import Shakespeare, whole_text
from core.experiment import Settings, setting

SPEECHES, LINES = 5, 6  # of a passage, and of each of them at most
WORDS = (4, 8)  # the fewest and the most that are quoted
_SHARES = {"train": (0.0, 0.8), "validation": (0.8, 0.9), "test": (0.9, 1.0)}  # of the speeches, in their order
_SIZES = {"train": 15_000, "validation": 600, "test": 600}


@dataset(
    "who-says-it",
    title="Who says it?",
    year=2015,
    people="Andrej Karpathy, William Shakespeare",
    paper="The unreasonable effectiveness of recurrent neural networks",
    url="https://karpathy.github.io/2015/05/21/rnn-effectiveness/",
    licence="Public domain",
    beginner="Five speeches out of Shakespeare's plays, and a few words of one of them: who says them? The answer is the "
    "name that stands before that speech.",
    expert="Made of tiny Shakespeare: five speeches that follow one another, of each at most six lines; the question quotes "
    "four to eight words of a line that occur once in the passage. Train, validation and test are the first 80 %, the next "
    "and the last 10 % of the speeches: other scenes, mostly other plays, and of the speakers in the test split hardly one "
    "speaks in the training passages. A passage has three different speakers on the mean, so naming one of them blindly "
    "hits one time in three. Pieces of words (byte-pair encoding over bytes) are found in the training passages.",
)
class WhoSaysIt(Dataset):
    """Piece numbers `(length,)` of a question and its passage; the place of one answer `(1, 2)`."""

    class Settings(Settings):
        vocabulary_size: int = setting(4000, "Pieces of words that are told apart.", unit="pieces", ge=500, le=50_000)
        length: int = setting(320, "Longest question and passage together, in pieces; what is longer is cut.", unit="pieces",
                              ge=32, le=512)

    def spec(self) -> DataSpec:
        return questions.spec(_SIZES, self.settings.vocabulary_size, self.settings.length)

    def availability(self) -> Availability:
        return Shakespeare(Shakespeare.Settings()).availability()

    def fetch(self, progress: Progress) -> None:
        Shakespeare(Shakespeare.Settings()).fetch(progress)

    def load(self) -> Data:
        text, source = whole_text()
        told = speeches(text)
        luck = random.Random(0)
        parts = {}
        for name, (begin, end) in _SHARES.items():
            scene = told[round(begin * len(told)) : round(end * len(told))]
            # Each speech is asked about as often as it takes to make so many questions, each time in another passage.
            asked: list[Question] = []
            while len(asked) < _SIZES[name]:
                asked += [one for i in range(len(scene)) if (one := question(scene, i, luck))]
            parts[name] = asked[: _SIZES[name]]
        return questions.data(parts, self.spec(), source)


class Speech(NamedTuple):
    speaker: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.speaker}: {' '.join(self.lines)}"


def speeches(text: str) -> list[Speech]:
    """All speeches of a play, whose blocks begin with a speaker's name and a colon."""
    blocks = [block.strip().split("\n") for block in text.split("\n\n")]
    return [Speech(name[:-1], tuple(lines[:LINES])) for name, *lines in blocks if name.endswith(":") and lines]


def question(scene: list[Speech], index: int, luck: random.Random) -> Question | None:
    """Who says some words of the speech at `index`, drawn by `luck`, as is where in the passage that speech stands; None
    where it has no line of so many words, or they are not the only ones."""
    fewest, most = WORDS
    lines = [line.split() for line in scene[index].lines if len(line.split()) >= fewest]
    if not lines:
        return None
    line = luck.choice(lines)
    count = luck.randint(fewest, min(most, len(line)))
    start = luck.randint(0, len(line) - count)
    quoted = " ".join(line[start : start + count])
    first = min(max(0, index - luck.randrange(SPEECHES)), max(0, len(scene) - SPEECHES))
    told = [str(speech) for speech in scene[first : first + SPEECHES]]
    passage = "\n".join(told)
    if passage.count(quoted) != 1:
        return None
    begin = sum(len(speech) + 1 for speech in told[: index - first])
    return Question(f"Who says: {quoted}", passage, ((begin, begin + len(scene[index].speaker)),))
