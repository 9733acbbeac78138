"""An explanation's features put together as people count them: the tokens of a word are one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.explanation import Explanation


def by_word(e: Explanation) -> tuple[list[str], npt.NDArray[Any], npt.NDArray[Any], list[list[int]]]:
    """Names, values, errors and features of the words; of the features where no words are known.

    A word's value is the sum of its tokens', and so is its error, which holds however they depend on each other.
    """
    numbers_of, features = e.input.get("words"), e.input.get("features")
    if numbers_of is None or features is None:
        return list(e.features), e.values, e.error, [[feature] for feature in range(len(e.features))]
    read = (features >= 0) & (features < len(e.features))
    numbers, word_of = np.unique(numbers_of[read], return_inverse=True)
    values, errors = np.zeros(len(numbers)), np.zeros(len(numbers))
    np.add.at(values, word_of, e.values[features[read]])
    np.add.at(errors, word_of, e.error[features[read]])
    members: list[list[int]] = [features[read][word_of == word].tolist() for word in range(len(numbers))]
    spans = e.input["spans"][read]
    names = [
        e.input["text"][spans[word_of == word, 0].min() : spans[word_of == word, 1].max()].strip()
        or e.features[members[word][0]]
        for word in range(len(numbers))
    ]
    return names, values, errors, members
