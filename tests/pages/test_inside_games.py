"""The Inside page for games, under AppTest. The agents are untrained: what is shown holds for any."""

from core.datasets.games import Game
from core.ui.joystick import Seat
from tests.pages.driving import address_of, opened, ran, words
from tests.pages.test_inside import kept


def test_an_agent_plays_and_what_it_looks_at_is_shown():
    page = opened("inside", run=kept("policy_gradient", "actor-critic", "minatar-breakout", model={"width": 8}))
    assert [metric.label for metric in page.metric] == ["Points", "Moves", "A random player"]
    assert "where a little blur would change the answer most" in words(page)
    page.number_input("episode").set_value(7)
    ran(page)
    assert address_of(page)["episode"] == "7"


def test_a_person_plays_the_same_episode_against_two_agents():
    run, other = (kept("q_learning", "q-network", "cart-pole", model={"width": width}) for width in (8, 16))
    page = opened("inside", run=run, other=other, player="You")
    assert len(page.metric) == 3 and page.metric[0].value.endswith("points")
    assert "there is no screen" in words(opened("inside", run=run))


def test_a_move_is_made_once_however_often_it_is_asked_for():
    seat = Seat(Game("CartPole-v1"), seed=3)
    seat.begin(0)
    for count, action in ((1, 1), (1, 1), (3, 0), (2, 0)):
        seat.answer({"game": 0, "count": count, "action": action})
    assert seat.game.moves == [1, 0]
    seat.answer({"game": 1, "count": 0, "action": 0})
    assert seat.game.moves == [] and seat.number == 1
    while not seat.over:
        seat.answer({"game": 1, "count": len(seat.game.moves) + 1, "action": 1})
    before = len(seat.game.moves)
    seat.answer({"game": 1, "count": before + 1, "action": 1})
    assert len(seat.game.moves) == before
