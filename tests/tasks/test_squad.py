"""Exact match and F1, held against what SQuAD's own script gives (evaluate-v1.1.py)."""

import pytest

from core.tasks import squad


@pytest.mark.parametrize(("said", "answers", "exact", "f1"), [
    ("Denver Broncos", ["Denver Broncos"], True, 1.0),
    ("the Denver  broncos.", ["Denver Broncos"], True, 1.0),
    ("Broncos", ["Denver Broncos"], False, 2 / 3),  # precision 1, recall 1/2
    ("an AFC champion Denver Broncos", ["Denver Broncos"], False, 2 / 3),  # precision 1/2, recall 1
    ("Broncos Broncos", ["Denver Broncos"], False, 0.5),  # a word counts as often as both have it
    ("Santa Clara", ["Levi's Stadium", "Santa Clara, California", "Santa Clara"], True, 1.0),
    ("Levis", ["Levi's"], True, 1.0),
    ("theatre", ["atre"], False, 0.0),  # an article only where it is a word
    ("the", ["a"], True, 0.0),  # as in the script: no words, no overlap
    ("Carolina", ["Denver"], False, 0.0),
])
def test_measures_are_the_script_s(said, answers, exact, f1):
    assert squad.exact_match(said, answers) is exact
    assert squad.f1(said, answers) == pytest.approx(f1)
