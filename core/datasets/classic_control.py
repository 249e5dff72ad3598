"""Classic control: the small tasks of the textbooks, whose whole state is a few numbers. By gymnasium (Towers and others
2024, "Gymnasium: a standard interface for reinforcement learning environments")."""

from core.catalog import DataSpec, dataset
from core.datasets.games import GameData, game_spec
from core.experiment import Settings, setting

MOVES = setting(2000, "Moves of training in an epoch; the agent is tested after each.", unit="moves", ge=100, le=10_000_000)
EPISODES = setting(100, "Episodes that test the agent at the end; a fifth as many are played after each epoch.",
                   unit="episodes", ge=10, le=1000)
LICENCE = "MIT (gymnasium)"
URL = "https://gymnasium.farama.org/environments/classic_control/"


class ClassicControl(GameData):
    packages = {"pygame": "pygame-ce", "gymnasium": "gymnasium"}

    class Settings(Settings):
        moves: int = MOVES
        episodes: int = EPISODES

    def _spec(self, game: str, actions: tuple[str, ...], std: tuple[float, ...], mean: tuple[float, ...] = ()) -> DataSpec:
        """`mean` and `std` bring each number of an observation to about the same size."""
        return game_spec(game, (len(std),), actions, moves=self.settings.moves, episodes=self.settings.episodes,
                         mean=mean or (0.0,) * len(std), std=std)


@dataset(
    "cart-pole",
    title="CartPole",
    year=1983,
    people="Andrew Barto, Richard Sutton, Charles Anderson",
    paper="Neuronlike adaptive elements that can solve difficult learning control problems",
    url=f"{URL}cart_pole/",
    licence=LICENCE,
    beginner="A game: a pole stands on a cart. Push the cart left or right so that the pole doesn't fall. Each move that it "
    "stands is a point, 500 at most.",
    expert="CartPole-v1: position and speed of the cart, angle and angular speed of the pole. It ends beyond 12 degrees or "
    "2.4 units, and after 500 moves; solved is a mean return of 475 over 100 episodes.",
)
class CartPole(ClassicControl):
    def spec(self) -> DataSpec:
        return self._spec("CartPole-v1", ("left", "right"), (1.0, 1.0, 0.1, 1.0))


@dataset(
    "acrobot",
    title="Acrobot",
    year=1996,
    people="Richard Sutton",
    paper="Generalization in reinforcement learning: successful examples using sparse coarse coding",
    url=f"{URL}acrobot/",
    licence=LICENCE,
    beginner="A game: two rods hang from a bar. Push at the joint between them, left or right, until the lower one swings "
    "above a line. Each move costs a point.",
    expert="Acrobot-v1: sine and cosine of both angles and both angular speeds; −1 a move until the tip is a rod's length "
    "above the bar, at most 500 moves.",
)
class Acrobot(ClassicControl):
    def spec(self) -> DataSpec:
        return self._spec("Acrobot-v1", ("left", "nothing", "right"), (1.0, 1.0, 1.0, 1.0, 4.0, 9.0))


@dataset(
    "mountain-car",
    title="Mountain car",
    year=1990,
    people="Andrew Moore",
    paper="Efficient memory-based learning for robot control",
    url=f"{URL}mountain_car/",
    licence=LICENCE,
    beginner="A game: a car in a valley is too weak for the hill. It has to back up the other side first. Each move costs a "
    "point, and nothing tells the car that it is on the right way.",
    expert="MountainCar-v0: position and speed; −1 a move until the top, at most 200 moves. Whoever moves at random never "
    "gets there: it asks for exploring.",
)
class MountainCar(ClassicControl):
    def spec(self) -> DataSpec:
        return self._spec("MountainCar-v0", ("left", "nothing", "right"), (0.5, 0.04), (-0.3, 0.0))
