"""Games with known Shapley values: texts, pictures and tables small enough to enumerate, and large ones with trees."""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from xaiwidgets import ImageClassifier, samples
from xaiwidgets.engine.odd_process import shapley_coefficients
from xaiwidgets.engine.problem import Game

TEXTS = (
    "a gripping film with a weak ending today and no plot",
    "this phone is not worth the money at all to me",
    "i really love the new update so much it made my day",
    "the worst service i have ever seen here in my life",
    "what a lovely day to be stuck inside with the flu",
    "he never said the food was really bad or too cold",
    "she said it would never work and now everybody loves the silly little thing",
)

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "xaiwidgets" / "games"


def coalitions(players: int) -> torch.Tensor:
    """All 2ⁿ, bool [2ⁿ, n]; bit i of the row's number is feature i."""
    return (torch.arange(2**players)[:, None] >> torch.arange(players)) % 2 == 1


def table_game(table: torch.Tensor) -> Game:
    """The game of all its scores, float64 [2ⁿ], in the order of `coalitions`."""
    players = len(table).bit_length() - 1
    places = 2 ** torch.arange(players)
    return Game(values=lambda masks: table[(masks.long() * places).sum(-1)], players=players, whole=float(table[-1]))


def exact(table: torch.Tensor) -> torch.Tensor:
    """Shapley values from all scores, by the definition, float64 [n]."""
    spins = coalitions(len(table).bit_length() - 1).double() * 2 - 1
    return shapley_coefficients(spins).T @ table


def enumerated(name: str, game: Game, batch: int) -> torch.Tensor:
    """All scores of a game, kept in the user's cache as the larger ones take a minute."""
    path = CACHE / f"{name}.npy"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        rows = coalitions(game.players).split(batch)
        np.save(path, torch.cat([game.values(masks).cpu().double() for masks in rows]).numpy())
    return torch.from_numpy(np.load(path))


def marginal_game(predict, row, background) -> Game:
    """A table's game: absent columns take their values from the background's rows."""

    def values(masks):
        rows = np.where(masks.numpy()[:, None], row, background[None]).reshape(-1, len(row))
        return torch.as_tensor(np.asarray(predict(rows), dtype=np.float64).reshape(len(masks), -1).mean(1))

    return Game(values=values, players=len(row), whole=float(np.asarray(predict(row[None]))[0]))


def small_games() -> Iterator[tuple[str, str, torch.Tensor]]:
    """(family, name, all scores)."""
    sentiment = samples.sentiment()
    for i, text in enumerate(TEXTS):
        yield "text", f"text-{i}", enumerated(f"text-{i}", sentiment.problem(text).game, 32)
    yield from _pictures()
    yield from _tables()
    yield from _synthetic()


def _pictures():
    lite = samples.efficientnet()
    coarse = ImageClassifier(lite.module, lite.preprocess, lite.labels, grid=3)
    for picture in ("chelsea", "coffee"):
        game = coarse.problem(samples.picture(picture)).game
        yield "image", f"efficientnet-{picture}", enumerated(f"efficientnet-{picture}", game, 8)
    module, digits = _digits()
    where = (torch.arange(8) // 2)[:, None] * 4 + torch.arange(8) // 2
    for i in (1600, 1601, 1612):
        best = int(module(digits[i][None]).argmax())

        def values(masks, x=digits[i], best=best):
            with torch.no_grad():
                return module(torch.where(masks[:, where][:, None], x, torch.zeros(())))[:, best].double()

        game = Game(values=values, players=16, whole=float(values(torch.ones(1, 16, dtype=torch.bool))[0]))
        yield "image", f"digits-{i}", enumerated(f"digits-{i}", game, 1024)


def _digits():
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    digits = torch.tensor(images / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(16, 32, 3, padding=1), torch.nn.ReLU(),
        torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(512, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10),
    )  # fmt: skip
    optimizer = torch.optim.Adam(module.parameters(), 1e-3)
    for _ in range(12):
        for batch in torch.randperm(1500).split(64):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(module(digits[batch]), torch.tensor(labels)[batch]).backward()
            optimizer.step()
    return module.eval(), digits


def _forecasters():
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    yield "boosting", GradientBoostingClassifier(n_estimators=60, random_state=0)
    yield "forest", RandomForestClassifier(50, max_depth=6, random_state=0)
    yield "network", make_pipeline(StandardScaler(), MLPClassifier((32, 32), max_iter=400, random_state=0))


def _tables():
    from sklearn.datasets import load_breast_cancer

    rows, labels = load_breast_cancer(return_X_y=True)
    for columns in (8, 12, 16):
        for name, model in _forecasters():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model.fit(rows[:, :columns], labels)
            score = getattr(model, "decision_function", None) or (lambda x, m=model: m.predict_proba(x)[:, 1])
            for row in (3, 20):
                game = marginal_game(score, rows[row, :columns], rows[100:115, :columns])
                yield "table", f"{name}{columns}-{row}", enumerated(f"{name}{columns}-{row}", game, 512)


def _synthetic():
    """High orders on purpose: a random tanh network, and independent scores, where nothing can be learnt."""
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        wide, out = torch.randn(12, 24, generator=generator), torch.randn(24, generator=generator)
        yield "high order", f"tanh-{seed}", (torch.tanh(coalitions(12).float() @ wide * 1.5 - 1) @ out).double()
        yield "noise", f"noise-{seed}", torch.randn(2**12, generator=generator, dtype=torch.float64)


def large_games() -> Iterator[tuple[str, Game, torch.Tensor]]:
    """(name, game, Shapley values): trees by TreeSHAP, and sums of ANDs of three neighbours by hand."""
    import shap
    from sklearn.datasets import load_breast_cancer, load_digits
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestRegressor

    rows, labels = load_breast_cancer(return_X_y=True)
    digits, written = load_digits(return_X_y=True)
    digits = digits[:, digits.std(0) > 0.5]
    for name, model, x, y, background in (
        (
            "boosting, 30 columns",
            GradientBoostingClassifier(n_estimators=60, random_state=0),
            rows,
            labels,
            rows[100:115],
        ),
        (
            "forest, 52 pixels",
            RandomForestRegressor(30, max_depth=10, random_state=0),
            digits,
            written,
            digits[100:110],
        ),
    ):
        model.fit(x, y)
        trees = shap.TreeExplainer(model, background, feature_perturbation="interventional")
        score = getattr(model, "decision_function", model.predict)
        yield name, marginal_game(score, x[3], background), torch.as_tensor(trees.shap_values(x[3:4])[0])
    for players in (60, 200, 500):
        yield f"ANDs of {players}", *_ands(players)


def _ands(players: int) -> tuple[Game, torch.Tensor]:
    generator = torch.Generator().manual_seed(players)
    alone = torch.randn(players, generator=generator, dtype=torch.float64)
    first = torch.randint(0, players - 4, (2 * players,), generator=generator)
    together = torch.randn(2 * players, generator=generator, dtype=torch.float64)

    def values(masks):
        there = masks.double()
        return there @ alone + (there[:, first] * there[:, first + 1] * there[:, first + 3]) @ together

    shapley = alone.clone()
    for step in (0, 1, 3):
        shapley.index_add_(0, first + step, together / 3)
    return Game(values=values, players=players, whole=float(values(torch.ones(1, players))[0])), shapley
