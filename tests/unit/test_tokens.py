"""Texts as the real tokenizers read them: where each token lies, and which of them make a word."""

import threading

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizer, PreTrainedTokenizerFast

from xaiwidgets.errors import InputError
from xaiwidgets.models.tokens import UNBOUNDED, baseline_id, token_limit, tokenize


@pytest.fixture
def wordpiece(minilm):
    return minilm.tokenizer


@pytest.fixture
def bytelevel(smollm2):
    return smollm2.tokenizer


@pytest.fixture(scope="module")
def metaspace():
    """A small tokenizer of the SentencePiece kind, with specials at both ends."""
    pieces = ["<s>", "</s>", "<unk>", "▁a", "▁grip", "ping", "▁film", ",", "▁ne", "ver", "▁dull", "!", "▁", "好", "你"]
    inner = Tokenizer(models.Unigram([(piece, -float(rank)) for rank, piece in enumerate(pieces)], unk_id=2))
    inner.normalizer = normalizers.NFC()
    inner.pre_tokenizer = pre_tokenizers.Metaspace()
    inner.decoder = decoders.Metaspace()
    inner.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=inner, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


def words_of(tokens):
    """The words as lists of the text their tokens cover, special tokens left out."""
    found = {}
    for (start, end), word, special in zip(tokens.spans.tolist(), tokens.words.tolist(), tokens.special, strict=True):
        if not special:
            found.setdefault(word, []).append(tokens.text[start:end])
    return list(found.values())


def test_wordpieces_merge_and_marks_stand_apart(wordpiece):
    tokens = tokenize(wordpiece, "unbelievably well-acted, isn't it?", limit=512)
    assert words_of(tokens) == [
        ["un", "bel", "ie", "va", "bly"], ["well"], ["-"], ["acted"], [","], ["isn"], ["'"], ["t"], ["it"], ["?"],
    ]  # fmt: skip
    assert tokens.pieces[1:3] == ("un", "##bel")


def test_byte_pairs_merge_and_marks_stand_apart(bytelevel):
    tokens = tokenize(bytelevel, "unbelievably well-acted, isn't it?", limit=512)
    assert words_of(tokens) == [
        ["un", "belie", "v", "ably"], ["well"], ["-"], ["act", "ed"], [","], ["isn"], ["'t"], ["it"], ["?"],
    ]  # fmt: skip
    # The blank before a word is no part of it.
    assert tokens.pieces[4] == "Ġwell"


def test_sentencepieces_merge_and_marks_stand_apart(metaspace):
    tokens = tokenize(metaspace, "a gripping film, never dull!", limit=100)
    assert words_of(tokens) == [["a"], ["grip", "ping"], ["film"], [","], ["ne", "ver"], ["dull"], ["!"]]
    assert tokens.pieces[0] == "<s>"
    assert tokens.names == ("a", "grip", "ping", "film", ",", "ne", "ver", "dull", "!")
    assert tokens.features.tolist() == [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, -1]


def test_chinese_characters_stand_alone(wordpiece, bytelevel, metaspace):
    assert words_of(tokenize(wordpiece, "你好世界 世!", limit=512)) == [["你"], ["好"], ["世"], ["界"], ["世"], ["!"]]
    # Byte pieces of one character are one word that covers it once each.
    assert [sorted(set(word)) for word in words_of(tokenize(bytelevel, "世界!", limit=512))] == [["世"], ["界"], ["!"]]
    assert words_of(tokenize(metaspace, "film你好", limit=512))[-2:] == [["你"], ["好"]]


@pytest.mark.parametrize("text", ["A 😀🎬film", "👨‍👩‍👧 ok", "fine 🤷🏽‍♀️!", "🇫🇷"])
def test_the_byte_pieces_of_a_character_are_never_torn_apart(bytelevel, text):
    tokens = tokenize(bytelevel, text, limit=512)
    at = {}
    for (start, end), word in zip(tokens.spans.tolist(), tokens.words.tolist(), strict=True):
        for position in range(start, end):
            at.setdefault(position, set()).add(word)
    assert all(len(words) == 1 for words in at.values())
    assert {text[i] for i in at} == set(text) - {" "}


@pytest.mark.parametrize("text", ["cafe\u0301 au lait", "हिन्दी", "עִבְרִית", "می‌خواهم"])
def test_an_accent_or_vowel_sign_stays_with_its_letter(bytelevel, text):
    tokens = tokenize(bytelevel, text, limit=512)
    # One word for each run of letters, however many tokens and signs it takes.
    assert len(words_of(tokens)) == len(text.split())
    assert len(tokens.ids) > len(text.split())


def test_a_thai_vowel_sign_stays_with_its_consonant(bytelevel):
    tokens = tokenize(bytelevel, "สวัสดี", limit=512)
    assert ["".join(sorted(set(word))) for word in words_of(tokens)] == ["ส", "วั", "ส", "ดี"]


@pytest.mark.parametrize("kind", ["wordpiece", "bytelevel", "metaspace"])
@pytest.mark.parametrize(
    "text",
    [
        "  two  blanks\n\nand\tlines \n",
        "<img src=x onerror=alert(1)> </script>",
        "## Ġ ▁ ##ing [UNK]",
        "مرحبا بالعالم",
        "naïve café 3.5 km/h",
        "你好 world 😀!",
        "\u200bzero\u200dwidth\ufeff",
        "a" * 300,
    ],
)
def test_spans_lie_in_the_text_in_order_without_blanks_around(request, kind, text):
    tokens = tokenize(request.getfixturevalue(kind), text, limit=UNBOUNDED)
    assert tokens.text == text
    assert len(tokens.ids) == len(tokens.pieces) == len(tokens.spans) == len(tokens.words) == len(tokens.special)
    starts, ends = tokens.spans[~tokens.special].T
    assert np.all((starts >= 0) & (starts <= ends) & (ends <= len(text)))
    assert np.all(np.diff(starts) >= 0)
    assert np.all(np.diff(ends) >= 0)
    for start, end in tokens.spans.tolist():
        assert not text[start:end].strip() or text[start:end] == text[start:end].strip()
    assert np.all(tokens.spans[tokens.special] == 0) or np.all(np.diff(tokens.spans[tokens.special], axis=1) == 0)
    assert np.all(np.isin(np.diff(tokens.words), [0, 1]))
    features = tokens.features
    assert features[~tokens.special].tolist() == list(range(len(tokens.names)))
    assert np.all(features[tokens.special] == -1)
    assert all(tokens.names)


def test_special_tokens_are_no_features(wordpiece):
    tokens = tokenize(wordpiece, "fine film", limit=512)
    assert tokens.pieces == ("[CLS]", "fine", "film", "[SEP]")
    assert tokens.special.tolist() == [True, False, False, True]
    assert tokens.features.tolist() == [-1, 0, 1, -1]
    assert tokens.names == ("fine", "film")


def test_a_special_token_that_was_typed_is_a_word_like_others(wordpiece, bytelevel):
    tokens = tokenize(wordpiece, "see [SEP] there", limit=512)
    assert tokens.names == ("see", "[SEP]", "there")
    assert words_of(tokens) == [["see"], ["[SEP]"], ["there"]]
    assert tokenize(bytelevel, "a<|im_end|>b", limit=512).names == ("a", "<|im_end|>", "b")


def test_names_and_layout_say_where_features_lie(wordpiece):
    tokens = tokenize(wordpiece, "Dullest film", limit=512)
    assert tokens.names == ("Dull", "est", "film")
    layout = tokens.layout(prompt=2)
    assert (layout["kind"], layout["text"], layout["cut"], layout["prompt"]) == ("text", "Dullest film", None, 2)
    assert layout["tokens"] == ["[CLS]", "dull", "##est", "film", "[SEP]"]
    assert layout["features"].tolist() == [-1, 0, 1, 2, -1]


@pytest.mark.parametrize("kind", ["wordpiece", "bytelevel", "metaspace"])
@pytest.mark.parametrize("limit", [3, 8, 20])
def test_a_text_over_the_limit_is_cut_as_the_model_would_read_it(request, kind, limit):
    tokenizer = request.getfixturevalue(kind)
    text = "a gripping film, never dull! " * 5
    tokens = tokenize(tokenizer, text, limit=limit)
    whole = tokenizer(text)["input_ids"]
    assert tokens.ids == tuple(tokenizer(text, truncation=True, max_length=limit)["input_ids"])
    assert len(tokens.ids) == limit
    assert tokens.notes() == (
        f"The model reads {limit} tokens; the last {len(whole) - limit} of {len(whole)} were cut.",
    )
    assert text[: tokens.cut].rstrip() == text[: tokens.spans[~tokens.special, 1].max()]
    assert 0 < tokens.cut < len(text)


def test_a_text_at_the_limit_is_whole(wordpiece):
    tokens = tokenize(wordpiece, "one two three", limit=5)
    assert (tokens.cut, tokens.notes(), len(tokens.ids)) == (None, (), 5)


def test_threads_that_read_with_one_tokenizer_do_not_cut_each_others_texts(wordpiece):
    texts = {64: "word " * 300, 128: "film " * 300, 512: "dull " * 300}
    wrong = []

    def read(text, limit):
        for _ in range(60):
            found = tokenize(wordpiece, text, limit=limit)
            if (len(found.ids), found.total) != (min(limit, 302), 302):
                wrong.append((len(found.ids), found.total))

    threads = [threading.Thread(target=read, args=(text, limit)) for limit, text in texts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_text_is_refused(wordpiece, text):
    with pytest.raises(InputError, match="The text is empty; give at least one word to explain"):
        tokenize(wordpiece, text, limit=512)


@pytest.mark.parametrize(("given", "name"), [(None, "NoneType"), (3, "int"), (["a"], "list"), (b"a", "bytes")])
def test_what_is_no_text_is_refused(wordpiece, given, name):
    with pytest.raises(InputError, match=f"A {name} was given where a text is expected; give one string"):
        tokenize(wordpiece, given, limit=512)


class Slow(PreTrainedTokenizer):
    """A tokenizer written in Python: it cannot say where its tokens lie."""

    def __init__(self):
        super().__init__()

    @property
    def vocab_size(self):
        return 1

    def get_vocab(self):
        return {"a": 0}


def test_a_tokenizer_without_offsets_is_refused():
    with pytest.raises(InputError, match=r"Slow gives no character offsets.*load a fast tokenizer"):
        tokenize(Slow(), "fine", limit=512)


def test_the_limit_is_the_smaller_of_what_tokenizer_and_model_say(wordpiece):
    def config(**named):
        return type("Config", (), named)()

    def reads(limit):
        return type("Reads", (), {"model_max_length": limit})()

    assert token_limit(reads(128), config(max_position_embeddings=512)) == 128
    assert token_limit(reads(10**30), config(max_position_embeddings=512)) == 512
    assert token_limit(reads(10**30), config(n_positions=1024)) == 1024
    assert token_limit(reads(10**30), config()) == UNBOUNDED
    assert token_limit(reads(10**30), None) == UNBOUNDED
    # RoBERTa's position numbers begin after its padding index.
    assert token_limit(reads(512), config(max_position_embeddings=514, model_type="roberta", pad_token_id=1)) == 512


def test_the_token_that_stands_for_nothing(wordpiece, bytelevel, metaspace):
    assert baseline_id(wordpiece, None) == wordpiece.mask_token_id
    assert baseline_id(bytelevel, None) == bytelevel.pad_token_id
    assert baseline_id(metaspace, None) == metaspace.eos_token_id
    assert baseline_id(wordpiece, "film") == wordpiece("film", add_special_tokens=False)["input_ids"][0]
    bare = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"a": 0}, unk_token="a")))
    with pytest.raises(InputError, match="name one with baseline_token="):
        baseline_id(bare, None)
    with pytest.raises(InputError, match="baseline_token='b' is not in the tokenizer's vocabulary"):
        baseline_id(metaspace, "b")
