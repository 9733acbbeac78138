"""Puts notebooks where a server finds them."""

import itertools
import json
from pathlib import Path

_number = itertools.count(1)


def place(folder: Path, cells: list[str] | Path) -> str:
    """Write a notebook of these code cells, or copy a notebook file, under a new name; return the name."""
    name = f"notebook-{next(_number)}.ipynb"
    text = cells.read_text(encoding="utf-8") if isinstance(cells, Path) else json.dumps(_notebook(cells))
    (folder / name).write_text(text, encoding="utf-8")
    return name


def _notebook(sources: list[str]) -> dict:
    return {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{index}",
                "metadata": {},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for index, source in enumerate(sources)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
