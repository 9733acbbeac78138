"""Games of the kinds that models are, for what holds on average: bands, and errors at equal cost."""

import torch


def network_game(players, *, seed):
    """A saturating network on the mask: smooth, with a few loud features."""
    generator = torch.Generator().manual_seed(seed)
    loudness = torch.exp(torch.randn(players, 1, generator=generator, dtype=torch.float64))
    first = loudness * torch.randn(players, 6, generator=generator, dtype=torch.float64) / 2
    second = torch.randn(6, generator=generator, dtype=torch.float64)
    return lambda masks: torch.tanh(masks.double() @ first) @ second


def loudest_game(players, *, seed):
    """The largest weight present: as rough as a max-pool, every order of interaction."""
    weights = torch.rand(players, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return lambda masks: (masks.double() * weights).amax(1)


def every_coalition(players):
    """All masks, bool [2ⁿ, n]."""
    return (torch.arange(2**players)[:, None] >> torch.arange(players)) % 2 == 1


def exact_banzhaf(function, players):
    """Banzhaf values by the definition: the mean of v(S ∪ i) − v(S)."""
    masks = every_coalition(players)
    score = function(masks)
    values = []
    for i in range(players):
        without = ~masks[:, i]
        joined = masks[without].clone()
        joined[:, i] = True
        values.append(float((function(joined) - score[without]).mean()))
    return torch.tensor(values, dtype=torch.float64)
