"""Adapters: (model, input, target) → `Problem`. The only place that knows what a tokenizer or a picture is."""
