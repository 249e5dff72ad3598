"""Tables that scikit-learn carries: every row once, columns and classes as it names them, splits within each class."""

import pytest
import torch
from sklearn import datasets

from core import catalog

NAMES = ("iris", "wine", "breast-cancer")


@pytest.fixture(params=NAMES)
def table(request):
    cls = catalog.get("dataset", request.param)
    return cls(cls.Settings()).load(), getattr(datasets, cls.reader)()


def test_every_row_is_in_one_split_with_its_class(table):
    data, whole = table
    splits = (data.train, data.validation, data.test)
    found = [(*row, target) for split in splits
             for row, target in zip(split.inputs.tolist(), split.targets.tolist(), strict=True)]
    expected = [(*row, target) for row, target in zip(torch.tensor(whole.data).float().tolist(), whole.target.tolist(),
                                                      strict=True)]
    assert sorted(found) == sorted(expected)


def test_each_split_holds_the_classes_in_the_whole_table_s_shares(table):
    data, whole = table
    shares = torch.bincount(torch.tensor(whole.target)) / len(whole.target)
    for split in (data.train, data.validation, data.test):
        counts = torch.bincount(split.targets)
        assert (counts - shares * len(split)).abs().max() <= 1


def test_columns_and_classes_stand_in_scikit_learn_s_order(table):
    data, whole = table

    def plain(name: str) -> str:
        return name.split(" (")[0].replace("_", " ").lower().replace("color", "colour").rstrip("s")

    assert list(map(plain, data.spec.features)) == list(map(plain, map(str, whole.feature_names)))
    if "class_0" not in whole.target_names:
        assert data.spec.classes == tuple(whole.target_names)
    assert len(data.spec.classes) == len(whole.target_names)


def test_the_training_rows_are_standardised_by_their_own_statistics(table):
    data, _ = table
    inputs = data.train.inputs.double()
    scaled = (inputs - torch.tensor(data.spec.mean)) / torch.tensor(data.spec.std)
    assert scaled.mean(0).abs().max() < 1e-4
    torch.testing.assert_close(scaled.std(0, correction=0), torch.ones(inputs.shape[1], dtype=torch.float64), atol=1e-4,
                               rtol=0)
