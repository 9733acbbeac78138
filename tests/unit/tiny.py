"""Small untrained models of the real architectures, to be put into odd states that no sample should be left in."""

import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    GPT2Config,
    GPT2ForSequenceClassification,
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
)

WIDTH = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


def bert_classifier(tokenizer, *, labels=3, seed=0, dropout=0.5, **config):
    """A BERT classifier that reads with this tokenizer."""
    torch.manual_seed(seed)
    made = BertConfig(
        vocab_size=len(tokenizer),
        num_labels=labels,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        initializer_range=0.5,
        **WIDTH,
        **config,
    )
    return BertForSequenceClassification(made)


def bert_encoder(tokenizer, *, seed=0):
    """A BERT without a head."""
    torch.manual_seed(seed)
    return BertModel(BertConfig(vocab_size=len(tokenizer), initializer_range=0.5, **WIDTH))


def llama(tokenizer, *, head="causal", seed=0, **config):
    """A Llama that writes, or one that classifies."""
    torch.manual_seed(seed)
    made = LlamaConfig(
        vocab_size=len(tokenizer), num_key_value_heads=1, initializer_range=0.3, num_labels=3, **WIDTH, **config
    )
    return LlamaForCausalLM(made) if head == "causal" else LlamaForSequenceClassification(made)


def gpt2_classifier(tokenizer, *, seed=0, **config):
    """A GPT-2 that classifies by the last token it takes for text."""
    torch.manual_seed(seed)
    made = GPT2Config(vocab_size=len(tokenizer), n_embd=16, n_layer=2, n_head=2, num_labels=3, **config)
    made.initializer_range = 0.5
    return GPT2ForSequenceClassification(made)
