"""MinAtar: Young and Tian 2019, "MinAtar: an Atari-inspired testbed for thorough and reproducible reinforcement learning
experiments". Five games on 10×10 places, whose things have a channel each."""

from core.catalog import DataSpec, dataset
from core.datasets.games import GameData, game_spec
from core.experiment import Settings, setting

ACTIONS = {"n": "nothing", "l": "left", "u": "up", "r": "right", "d": "down", "f": "fire"}
CARD = {
    "year": 2019,
    "people": "Kenny Young, Tian Tian",
    "paper": "MinAtar: an Atari-inspired testbed for thorough and reproducible reinforcement learning experiments",
    "url": "https://arxiv.org/abs/1903.03176",
    "licence": "GPL-3.0 (the package MinAtar)",
}
EXPERT = "MinAtar's game with its small set of moves, sticky ones (0.1) and difficulty that rises; ended at 5,000 moves."


class MinAtarData(GameData):
    packages = {"gymnasium": "gymnasium", "minatar": "MinAtar"}
    game: str
    channels: int
    moves: str  # letters of `ACTIONS`, in the order of the game's own small set

    class Settings(Settings):
        moves: int = setting(20_000, "Moves of training in an epoch; the agent is tested after each.", unit="moves", ge=100,
                             le=10_000_000)
        episodes: int = setting(100, "Episodes that test the agent at the end; a fifth as many are played after each epoch.",
                                unit="episodes", ge=10, le=1000)

    def spec(self) -> DataSpec:
        return game_spec(f"MinAtar/{self.game}", (self.channels, 10, 10), [ACTIONS[letter] for letter in self.moves],
                         moves=self.settings.moves, episodes=self.settings.episodes,
                         mean=(0.0,) * self.channels, std=(1.0,) * self.channels)


@dataset("minatar-asterix", title="MinAtar Asterix", **CARD, expert=EXPERT,
         beginner="A small game: gather gold and keep clear of the enemies, who come from both sides, ever faster.")
class Asterix(MinAtarData):
    game, channels, moves = "asterix", 4, "nlurd"


@dataset("minatar-breakout", title="MinAtar Breakout", **CARD, expert=EXPERT,
         beginner="A small game: keep the ball in play with your paddle, and break the bricks. Each is a point.")
class Breakout(MinAtarData):
    game, channels, moves = "breakout", 4, "nlr"


@dataset("minatar-freeway", title="MinAtar Freeway", **CARD, expert=EXPERT,
         beginner="A small game: lead the chicken over a road full of cars, as often as time allows.")
class Freeway(MinAtarData):
    game, channels, moves = "freeway", 7, "nud"


@dataset("minatar-seaquest", title="MinAtar Seaquest", **CARD, expert=EXPERT,
         beginner="A small game: a submarine saves divers, shoots at fish and enemies, and must come up for air.")
class Seaquest(MinAtarData):
    game, channels, moves = "seaquest", 10, "nlurdf"


@dataset("minatar-space-invaders", title="MinAtar Space Invaders", **CARD, expert=EXPERT,
         beginner="A small game: shoot the rows of invaders before they reach the ground, and keep clear of their bullets.")
class SpaceInvaders(MinAtarData):
    game, channels, moves = "space_invaders", 6, "nlrf"
