"""The adapter of a language model: which next token, what it wrote, and where it stops."""

import copy

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from xaiwidgets.errors import InputError, TargetError
from xaiwidgets.models.causal_lm import Continuation

PROMPT = "The capital of France is"


def next_scores(adapter, text):
    """The log-probabilities of what comes next, by the user's own call."""
    with torch.no_grad():
        return adapter.model(**adapter.tokenizer(text, return_tensors="pt")).logits[0, -1].log_softmax(-1)


def test_asked_for_nothing_it_explains_the_likeliest_token(smollm2):
    problem = smollm2.problem(PROMPT)
    scores = next_scores(smollm2, PROMPT)
    assert (problem.target.name, problem.target.unit) == (" Paris", "log-probability")
    assert problem.output == pytest.approx(float(scores.max()), abs=1e-4)
    assert problem.features == ("The", "capital", "of", "France", "is")
    assert problem.outputs.kind == "token"
    assert problem.outputs.ids == tuple(scores.topk(10).indices.tolist())
    assert problem.outputs.total == len(smollm2.tokenizer)
    assert problem.outputs.probabilities == pytest.approx(scores.topk(10).values.exp().tolist(), rel=1e-3)


def index(adapter, text, target):
    return adapter.problem(text, target).target.index


def test_a_word_means_the_token_that_starts_with_a_blank(smollm2):
    assert (
        index(smollm2, PROMPT, "Paris")
        == index(smollm2, PROMPT, " Paris")
        == smollm2.tokenizer(" Paris")["input_ids"][0]
    )


@pytest.mark.parametrize(("text", "target"), [("The film was good", "."), ("He was walk", "ing"), ("one, two", ",")])
def test_what_goes_on_without_a_blank_is_meant_as_it_is(smollm2, text, target):
    # " ." is a token too, but nobody who asks about "." after a sentence means it.
    assert smollm2.token(index(smollm2, text, target)) == target


def test_every_label_that_is_shown_names_its_own_token(smollm2):
    for text in (PROMPT, "I like tea, coffee", "def f(x):"):
        outputs = smollm2.problem(text).outputs
        for label, token in zip(outputs.labels, outputs.ids, strict=True):
            assert index(smollm2, text, label) == token, label


@pytest.mark.parametrize("kind", [int, np.int64, torch.tensor])
def test_a_token_by_its_id(smollm2, kind):
    assert smollm2.problem(PROMPT, kind(4528)).target.name == " London"


def test_what_is_explained_is_always_among_what_is_shown(smollm2):
    outputs = smollm2.problem(PROMPT, ("banana", "Paris")).outputs
    assert outputs.labels[-1] == " banana"
    assert len(outputs.ids) == len(set(outputs.ids)) == 11


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("Paris is lovely", "target='Paris is lovely' is not one token"),
        ("", "target='' is not one token"),
        (-1, "target=-1 is no token; give a token's text, or an id from 0 to 49151"),
        (49152, "target=49152 is no token"),
        (True, "target=True is no token"),
        (1.0, "target=1.0 is no token"),
        (("Paris",), "has 1 entries"),
        (("Paris", " Paris"), "sets an output against itself"),
    ],
)
def test_a_target_there_is_not(smollm2, target, told):
    with pytest.raises(TargetError) as caught:
        smollm2.problem(PROMPT, target)
    assert told in str(caught.value)


def test_a_contrast_of_two_tokens_is_the_difference_of_their_scores(smollm2):
    request = {"method": "occlusion"}
    one, other, both = (
        xw.explain(smollm2, PROMPT, target=t, **request) for t in ("Paris", "London", ("Paris", "London"))
    )
    assert (both.target, both.contrast) == (" Paris", " London")
    np.testing.assert_allclose(both.values, one.values - other.values, atol=2e-3)
    scores = next_scores(smollm2, PROMPT)
    assert both.output == pytest.approx(float(scores[both.targets[0]] - scores[both.targets[1]]), abs=1e-3)


def test_it_writes_greedily_what_the_model_itself_would(smollm2):
    steps = list(smollm2.generate(PROMPT, tokens=5))
    assert [len(one.ids) for one in steps] == [1, 2, 3, 4, 5]
    assert all(one.prompt == PROMPT and one.step == 0 for one in steps)
    asked = smollm2.tokenizer(PROMPT, return_tensors="pt")
    whole = smollm2.model.generate(**asked, max_new_tokens=5, do_sample=False)[0, asked["input_ids"].shape[1] :]
    assert steps[-1].ids == tuple(whole.tolist())


@pytest.mark.parametrize("where", ["tokenizer", "config"])
def test_writing_ends_at_the_end_of_text(smollm2, monkeypatch, where):
    *_, written = smollm2.generate(PROMPT, tokens=4)
    end = written.ids[2]
    assert end not in written.ids[:2]
    tokenizer = copy.deepcopy(smollm2.tokenizer)
    if where == "tokenizer":
        tokenizer.eos_token = tokenizer.convert_ids_to_tokens(end)
    else:
        monkeypatch.setattr(smollm2.model.config, "eos_token_id", [49151, end])
    *_, stopped = xw.CausalLM(smollm2.model, tokenizer).generate(PROMPT, tokens=8)
    assert stopped.ids == written.ids[:2]


def test_writing_stops_where_the_window_is_full(smollm2, monkeypatch):
    monkeypatch.setattr(smollm2.model.config, "max_position_embeddings", 8)
    small = xw.CausalLM(smollm2.model, smollm2.tokenizer)
    assert [len(one.ids) for one in small.generate(PROMPT, tokens=20)] == [1, 2, 3]
    full = "one two three four five six seven eight nine ten"
    with pytest.raises(InputError, match=r"prompt has 10 tokens, but the model's window holds 8; shorten it"):
        list(small.generate(full))
    with pytest.raises(InputError, match="window holds 8"):
        small.problem(Continuation(prompt=full, ids=(5,)))
    # Without writing on, what was read can be explained, and what was not read is said.
    assert small.problem(full).notes == ("The model reads 8 tokens; the last 2 of 10 were cut.",)


@pytest.mark.parametrize("step", [0, 1, 3])
def test_a_step_is_explained_as_the_text_before_it(smollm2, step):
    *_, written = smollm2.generate(PROMPT, tokens=4)
    asked = Continuation(prompt=PROMPT, ids=written.ids, step=step)
    text = PROMPT + smollm2.tokenizer.decode(written.ids[:step])
    for method in ("occlusion", "saliency"):
        e = xw.explain(smollm2, asked, method=method)
        direct = xw.explain(smollm2, text, method=method, target=written.ids[step])
        assert e.targets == (written.ids[step],)
        assert e.features == direct.features
        np.testing.assert_allclose(e.values, direct.values, rtol=1e-3, atol=1e-3)
    assert e.input["prompt"] == 5
    assert len(e.input["tokens"]) == 9
    assert e.input["text"] == PROMPT + smollm2.tokenizer.decode(written.ids)


def test_the_step_after_the_last_asks_what_would_come_next(smollm2):
    *_, written = smollm2.generate(PROMPT, tokens=2)
    problem = smollm2.problem(Continuation(prompt=PROMPT, ids=written.ids, step=2))
    assert problem.target.index == int(next_scores(smollm2, PROMPT + smollm2.tokenizer.decode(written.ids)).argmax())


@pytest.mark.parametrize("step", [-1, 3])
def test_a_step_there_is_not(smollm2, step):
    with pytest.raises(InputError, match=rf"step={step} was given for 2 generated tokens; give 0 to 2"):
        smollm2.problem(Continuation(prompt=PROMPT, ids=(7042, 30), step=step))


def test_written_tokens_lie_in_the_text_they_spell(smollm2):
    *_, written = smollm2.generate(PROMPT, tokens=6)
    layout = smollm2.layout(written)
    covered = [layout["text"][start:end] for start, end in layout["spans"].tolist()]
    assert covered[5:] == [smollm2.token(token).strip() or smollm2.token(token) for token in written.ids]
    assert layout["features"].tolist() == list(range(11))
    assert np.all(np.diff(layout["words"]) >= 0)


def test_a_character_written_in_pieces_is_one_word_that_shows_once(smollm2):
    ids = tuple(smollm2.tokenizer(" fine 😀!")["input_ids"])
    layout = smollm2.layout(Continuation(prompt="I am", ids=ids))
    assert layout["text"] == "I am fine 😀!"
    spans, words = layout["spans"].tolist(), layout["words"].tolist()
    covered = [layout["text"][start:end] for start, end in spans]
    emoji = [i for i, text in enumerate(covered) if text == "😀"]
    assert len(emoji) >= 2
    assert len({words[i] for i in emoji}) == 1
    assert "".join(covered[2:]).replace("😀" * len(emoji), "😀") == "fine😀!"
    # Named like the character they spell, not like the bytes in the vocabulary.
    problem = smollm2.problem(Continuation(prompt="I am", ids=ids, step=len(ids)))
    assert [problem.features[i] for i in emoji] == ["😀"] * len(emoji)


def test_a_continuation_reads_like_the_same_text_typed(smollm2):
    text = " a dog. It was 42 years old, isn't it?\n\nYes 中文"
    ids = tuple(smollm2.tokenizer(text)["input_ids"])
    written = smollm2.layout(Continuation(prompt="Here is", ids=ids))
    typed = smollm2.problem("Here is" + text).input
    assert written["text"] == typed["text"]
    assert written["tokens"] == typed["tokens"]
    assert written["spans"].tolist() == typed["spans"].tolist()
