"""Tables of real measurements, inside the package scikit-learn: iris (Fisher 1936), wine (Aeberhard and Forina 1992) and
breast cancer (Street, Wolberg and Mangasarian 1993)."""

import importlib.util

import numpy as np
import torch

from core.catalog import DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Split, feature_statistics

SPLIT = "One fifth each for test and validation, drawn within each class by scikit-learn's train_test_split with seed 0."


class Table(Dataset):
    """Base of the tables here: features `(features,)`, `rows` of them in all, read by scikit-learn's `reader`."""

    reader: str
    rows: int
    features: tuple[str, ...]
    classes: tuple[str, ...]

    def spec(self) -> DataSpec:
        fifth = -(-self.rows // 5)
        count = len(self.features)
        return DataSpec(
            kind="features", shape=(count,), features=self.features, classes=self.classes,
            mean=(0.0,) * count, std=(1.0,) * count,
            sizes={"train": self.rows - 2 * fifth, "validation": fifth, "test": fifth},
        )

    def availability(self) -> Availability:
        if importlib.util.find_spec("sklearn") is None:
            return Availability(False, "The package scikit-learn, which holds this table, is missing: "
                                       "pip install scikit-learn.")
        return Availability(True, "Comes with the package scikit-learn.")

    def load(self) -> Data:
        from sklearn import datasets  # slow to import
        from sklearn.model_selection import train_test_split

        found, spec = getattr(datasets, self.reader)(), self.spec()
        inputs, targets = torch.from_numpy(found.data).float(), torch.from_numpy(found.target).long()
        index = {"train": np.arange(self.rows)}
        for part in ("test", "validation"):
            index["train"], index[part] = train_test_split(
                index["train"], test_size=spec.sizes[part], stratify=found.target[index["train"]], random_state=0
            )
        splits = {name: Split(inputs[index[name]], targets[index[name]]) for name in spec.sizes}
        mean, std = feature_statistics(splits["train"].inputs)
        return Data(spec.model_copy(update={"mean": mean, "std": std}), **splits, source=f"sklearn.datasets.{self.reader}")


@dataset(
    "iris",
    title="Iris",
    year=1936,
    people="Edgar Anderson, Ronald Fisher",
    paper="The use of multiple measurements in taxonomic problems",
    url="https://doi.org/10.1111/j.1469-1809.1936.tb02137.x",
    licence="CC BY 4.0 (UCI repository, doi.org/10.24432/C56C76)",
    beginner="150 iris flowers, measured with a ruler: length and width of the sepals and of the petals. Which of three "
    "kinds is each? The table that nearly every course on learning from data begins with.",
    expert="Anderson measured the flowers on the Gaspé Peninsula, Fisher published the table; 50 of each species, of which "
    "setosa parts from the others by a line. The values are those of Fisher's paper: scikit-learn mended two rows that are "
    f"wrong in the UCI repository. {SPLIT}",
)
class Iris(Table):
    reader, rows = "load_iris", 150
    features = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
    classes = ("setosa", "versicolor", "virginica")


@dataset(
    "wine",
    title="Wine",
    year=1992,
    people="Stefan Aeberhard, Michele Forina",
    paper="Wine recognition data, UCI Machine Learning Repository",
    url="https://doi.org/10.24432/C5PC7J",
    licence="CC BY 4.0",
    beginner="178 Italian wines of one region, each as thirteen figures of a chemical analysis. From which of three grape "
    "varieties is a wine pressed?",
    expert="59, 71 and 48 wines of three cultivars grown in Piedmont. The features' scales differ by a factor of 5,000, so "
    f"they have to be standardised. {SPLIT}",
)
class Wine(Table):
    reader, rows = "load_wine", 178
    features = (
        "alcohol (%)", "malic acid", "ash", "alcalinity of ash", "magnesium", "total phenols", "flavanoids",
        "nonflavanoid phenols", "proanthocyanins", "colour intensity", "hue", "OD280/OD315 of diluted wine", "proline",
    )
    classes = ("cultivar 1", "cultivar 2", "cultivar 3")


_MEASURES = ("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points",
             "symmetry", "fractal dimension")


@dataset(
    "breast-cancer",
    title="Breast cancer",
    year=1993,
    people="Nick Street, William Wolberg, Olvi Mangasarian",
    paper="Nuclear feature extraction for breast tumor diagnosis",
    url="https://doi.org/10.1117/12.148698",
    licence="CC BY 4.0 (UCI repository, doi.org/10.24432/C5DW2B)",
    beginner="569 samples of breast tissue under the microscope: how large, how smooth, how dented are the nuclei of the "
    "cells? Is the lump malignant or benign? For learning, not for diagnosis.",
    expert="Wisconsin diagnostic set: ten measures of the nuclei's outlines in a fine needle aspirate, each as mean, "
    "standard error and mean of the three largest (“worst”) over the picture, in pixels; 212 malignant, 357 benign. "
    f"{SPLIT}",
)
class BreastCancer(Table):
    reader, rows = "load_breast_cancer", 569
    features = (*(f"mean {name}" for name in _MEASURES), *(f"{name} error" for name in _MEASURES),
                *(f"worst {name}" for name in _MEASURES))
    classes = ("malignant", "benign")
