"""Where several explanations of one score agree, and where they do not. Light to import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from xaiwidgets.trust import Faithfulness

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """M explanations of the same n features, side by side.

    Where one of a pair has no sign, both are compared by |value|.

    Attributes:
        names: the explanations' methods; numbered where two are alike.
        features: the n features.
        values: as given, float64 [M, n].
        shares: the values as shares of Σ|value|, float64 [M, n]: what makes different units comparable.
        errors: the error bands as shares of Σ|value|, float64 [M, n]; NaN where unknown.
        spearman: rank correlation of each pair, float64 [M, M].
        kendall: Kendall's τ-b of each pair, float64 [M, M].
        overlap: the share of the top k by |value| that each pair has in common, float64 [M, M].
        k: how many features are the top.
        signs: the share of features on whose sign a pair agrees, float64 [M, M], among those where both are further
            from zero than their error; NaN where a method has no sign or no feature is left.
        disagreement: float64 [n], by how much the two furthest shares of a feature differ beyond both error bands.
        measures: whether each can be trusted, by name; empty where no model was given.
        wins: the name of the best by each measure; empty where no model was given.
    """

    names: tuple[str, ...]
    features: tuple[str, ...]
    values: Array
    shares: Array
    errors: Array
    spearman: Array
    kendall: Array
    overlap: Array
    k: int
    signs: Array
    disagreement: Array
    measures: Mapping[str, Faithfulness] = field(default_factory=dict)
    wins: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        above = np.triu_indices(len(self.names), 1)
        most = int(np.argmax(self.disagreement)) if len(self.features) else -1
        disputed = f", most disputed {self.features[most]!r}" if most >= 0 and self.disagreement[most] > 0 else ""
        trusted = ", ".join(f"{name}: {found.verdict}" for name, found in self.measures.items())
        return (
            f"<Comparison of {', '.join(self.names)}: mean rank correlation {np.nanmean(self.spearman[above]):.2f}, "
            f"{100 * np.nanmean(self.overlap[above]):.0f} % of the top {self.k} in common{disputed}"
            f"{'; ' if trusted else ''}{trusted}>"
        )

    def to_frame(self) -> pd.DataFrame:
        """A pandas table, one row a feature, the most disputed first: each one's share and the disagreement."""
        import pandas as pd

        columns = dict(zip(self.names, self.shares, strict=True))
        table = pd.DataFrame({"feature": self.features, **columns, "disagreement": self.disagreement})
        return table.sort_values("disagreement", ascending=False, kind="stable", ignore_index=True)

    def to_table(self) -> pd.DataFrame:
        """A pandas table, one row an explanation, one column a measure; needs the model to have been given."""
        import pandas as pd

        rows = {
            name: {"verdict": found.verdict, "p": found.p} | {m.name: m.value for m in found.measures.values()}
            for name, found in self.measures.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index")
