"""Atari 2600 games in the Arcade Learning Environment (Bellemare, Naddaf, Veness and Bowling 2013), as Machado et al. 2018
recommend: sticky moves, no sign that a life is lost, four frames to a move, at most half an hour of play."""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Literal

from core.catalog import DataSpec, dataset
from core.datasets.games import FRAMES, SIDE, GameData, game_spec
from core.experiment import Settings, setting

ALL_MOVES = (  # of the joystick: ale-py's names, without its capitals
    "nothing", "fire", "up", "right", "left", "down", "up right", "up left", "down right", "down left", "up fire",
    "right fire", "left fire", "down fire", "up right fire", "up left fire", "down right fire", "down left fire",
)
TWO_PLAYERS = {"combat", "joust", "maze_craze", "warlords"}  # that ale-py registers for several players only


def held() -> tuple[str, ...]:
    """The games that the package ale-py carries, by its names; Pong where it is missing."""
    package = importlib.util.find_spec("ale_py")
    folder = Path(package.submodule_search_locations[0]) / "roms" if package else Path()
    return tuple(sorted(path.stem for path in folder.glob("*.bin") if path.stem not in TWO_PLAYERS)) or ("pong",)


@cache
def own_moves(game: str) -> tuple[str, ...]:
    """The moves that make a difference in a game; all of the joystick's where the package ale-py is missing."""
    if importlib.util.find_spec("ale_py") is None:
        return ALL_MOVES
    import ale_py

    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    console = ale_py.ALEInterface()
    console.loadROM(ale_py.roms.get_rom_path(game))
    return tuple(ALL_MOVES[move.value] for move in console.getMinimalActionSet())


MOVES = setting(50_000, "Moves of training in an epoch; the agent is tested after each.", unit="moves", ge=100,
                le=10_000_000)
EPISODES = setting(10, "Episodes that test the agent at the end; a fifth as many are played after each epoch.",
                   unit="episodes", ge=10, le=1000)
CARD = {
    "year": 2013,
    "people": "Marc Bellemare, Yavar Naddaf, Joel Veness, Michael Bowling",
    "paper": "The Arcade Learning Environment: an evaluation platform for general agents",
    "url": "https://doi.org/10.1613/jair.3912",
    "licence": "GPL-2.0 (ale-py); the game is its publisher's",
}
EXPERT = "The screen at 84×84 in grey, each the maximum of the last two of four frames, the last four together; the move " \
    "before is repeated with a chance of 0.25; the game's own small set of moves; 108,000 frames at most (Machado et al. " \
    "2018, table 5)."


class AtariData(GameData):
    packages = {"gymnasium": "gymnasium", "cv2": "opencv-python-headless", "ale_py": "ale-py"}

    @property
    def game(self) -> str:
        raise NotImplementedError

    def spec(self) -> DataSpec:
        name = self.game.title().replace("_", "")
        return game_spec(f"ALE/{name}-v5", (FRAMES, SIDE, SIDE), own_moves(self.game), moves=self.settings.moves,
                         episodes=self.settings.episodes, mean=(0.0,) * FRAMES, std=(255.0,) * FRAMES, frames=FRAMES)


@dataset("pong", title="Pong", **CARD, expert=EXPERT,
         beginner="The Atari game: two paddles and a ball. Whoever misses it gives the other a point; 21 end the game. At "
         "random one loses by 20.")
class Pong(AtariData):
    game = "pong"

    class Settings(Settings):
        moves: int = MOVES
        episodes: int = EPISODES


@dataset("breakout", title="Breakout", **CARD, expert=EXPERT,
         beginner="The Atari game: keep the ball in play and break the bricks above, the upper ones for more points. Five "
         "balls make a game.")
class Breakout(AtariData):
    game = "breakout"

    class Settings(Settings):
        moves: int = MOVES
        episodes: int = EPISODES


@dataset("atari", title="Atari games", **CARD, expert=EXPERT,
         beginner="Any of the games of the Atari 2600 that the emulator carries. The agent sees the screen as you would, "
         "and has the joystick.")
class Atari(AtariData):
    class Settings(Settings):
        game: Literal[held()] = setting("ms_pacman" if "ms_pacman" in held() else "pong", "Which of the games.")
        moves: int = MOVES
        episodes: int = EPISODES

    @property
    def game(self) -> str:
        return self.settings.game
