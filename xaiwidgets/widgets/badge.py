"""The badge that says whether a map can be trusted: its words in every language, as a front end shows them."""

from __future__ import annotations

import math
from typing import Any

from xaiwidgets.engine.measures import SURE
from xaiwidgets.trust import Faithfulness
from xaiwidgets.words import LANGUAGES, words

KINDS = {"better than chance": "better", "no better than chance": "none", "not decided": "open"}


def badge(found: Faithfulness | None, *, run: int) -> dict[str, Any]:
    """What the front end shows of a verdict; None: it is being found out.

    Args:
        found: what was measured, with its agreement.
        run: the number of the picture that it belongs to.
    """
    if found is None:
        return {"run": run, "kind": "checking", "label": _said("trust.checking"), "why": _said("trust.checking.why")}
    kind = KINDS[found.verdict]
    known = not math.isnan(found.p)
    why = "best" if kind == "better" and found.p > SURE else kind if known else "few"
    beaten = _percent(found.beaten) if known else ""
    values = {"r": f"{found.agreement:.2f}".replace("-", "−"), "beaten": beaten, "n": found.evaluations}
    # Of the order that cannot be better the share beaten says little.
    shown = f" · {beaten}" if known and why != "best" else ""
    label = {language: text + shown for language, text in _said(f"trust.{kind}").items()}
    return {"run": run, "kind": kind, "label": label, "why": _said(f"trust.{why}.why", **values)}


def _said(key: str, **values: object) -> dict[str, str]:
    return {language: words(language)[key].format(**values) for language in LANGUAGES}


def _percent(share: float) -> str:
    """Rounded down, for chance is never ruled out altogether."""
    percent = math.floor(1000 * share) / 10
    return f"{percent:.1f} %" if percent > 99 else f"{math.floor(percent)} %"
