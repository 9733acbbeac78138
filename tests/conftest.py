"""What all tests share: offline, one thread, and the real sample models loaded once."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def sentiment():
    """A real BERT (MiniLM) with a sentiment head, as an adapter."""
    from xaiwidgets import samples

    return samples.sentiment()


@pytest.fixture(scope="session")
def minilm():
    """A real sentence encoder, as an adapter."""
    from xaiwidgets import samples

    return samples.minilm()


@pytest.fixture(scope="session")
def smollm2():
    """A real 30-layer decoder language model, as an adapter."""
    from xaiwidgets import samples

    return samples.smollm2()
