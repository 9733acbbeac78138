"""Sentences to try the text samples on."""

from __future__ import annotations

from typing import Literal

_ENGLISH = (
    "A gripping film with a wonderful cast.",
    "The plot is thin and the jokes fall flat.",
    "The service was slow but the food was great.",
    "The acting was superb, although the story dragged.",
    "It is not good.",
    "Not bad at all!",
    "What a beautiful morning!",
    "My luggage arrived two days late and nobody apologised.",
    "The hotel room was clean and the staff were friendly.",
    "The battery lasts all day, which surprised me.",
    "I expected more from this book.",
    "She thanked the crew for a smooth flight.",
    "The train to Berlin leaves from platform four.",
    "Water boils at one hundred degrees.",
    "He opened the window because the room was warm.",
    "The cat slept on the warm windowsill.",
    "A kitten was napping in the sun.",
    "The central bank raised interest rates again.",
    "She sat on the bank of the river and read.",
    "Our neighbour planted three apple trees last spring.",
    "The doctor finished her shift at midnight.",
    "Learning to swim takes patience, not talent.",
    "The capital of France is Paris.",
    "Two plus two equals four.",
)

_CHINESE = (
    "这部电影真好看。",
    "服务很慢，但是饭菜很好吃。",
    "今天的天气真不错！",
    "我再也不会坐这家公司的飞机了。",
    "房间很干净，工作人员也很热情。",
    "这本书没有我想象的那么好。",
    "手机的电池可以用一整天。",
    "火车晚点了两个小时。",
    "小猫在阳光下睡着了。",
    "银行又提高了利率。",
    "她坐在河边读书。",
    "水在一百度时沸腾。",
)


def sentences(language: Literal["en", "zh"] = "en") -> tuple[str, ...]:
    """Short sentences written for this project: opinions, plain statements, pairs that mean nearly the same.

    The packaged text models were trained on English; the Chinese sentences are for looking at how they read others.
    """
    return _CHINESE if language == "zh" else _ENGLISH
