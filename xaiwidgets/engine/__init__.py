"""Estimators over a `Problem`: pure torch, no knowledge of tokenizers, pictures or widgets."""
