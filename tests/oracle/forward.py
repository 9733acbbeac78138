"""The user's model as Captum takes it: a function from embeddings to one score a row, and none of our code inside."""

import torch


def class_score(adapter, index):
    """Embeddings [B, T, D] → the logit of a class [B]."""

    def forward(embeddings):
        mask = torch.ones(embeddings.shape[:2], dtype=torch.int64)
        return adapter.model(inputs_embeds=embeddings, attention_mask=mask).logits[:, index]

    return forward


def token_score(adapter, index):
    """Embeddings [B, T, D] → the log-probability that this token comes next [B]."""

    def forward(embeddings):
        return adapter.model(inputs_embeds=embeddings).logits[:, -1].log_softmax(-1)[:, index]

    return forward


def embedded(adapter, text, *, absent=None):
    """Embeddings [1, T, D] of a text, and of it with every ordinary token replaced by the token id `absent`."""
    read = adapter.tokenizer(text, return_special_tokens_mask=True)
    ids = torch.tensor(read["input_ids"])
    ordinary = ~torch.tensor(read["special_tokens_mask"], dtype=torch.bool)
    gone = torch.where(ordinary, ids[0] if absent is None else absent, ids)
    layer = adapter.model.get_input_embeddings()
    with torch.no_grad():
        return layer(ids[None]), layer(gone[None]), ordinary
