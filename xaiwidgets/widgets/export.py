"""One HTML file with the picture in it: no kernel, no network, nobody's code but ours."""

from __future__ import annotations

import base64
import html
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xaiwidgets.widgets.front_end import FrontEnd, bundle
from xaiwidgets.widgets.link import linked_with

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
</head>
<body>
<main></main>
<script type="application/json" id="xaiwidgets">{data}</script>
<script type="module">{host}</script>
</body>
</html>
"""

# Nothing may be fetched, whatever a model's text says; the bundles run from Blobs that the host makes.
_POLICY = "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; img-src data: blob:"


def write_html(widget: FrontEnd, path: str | os.PathLike[str], *, title: str) -> Path:
    """Write the widget, and what is linked with it, as one page that works offline. Returns the path written.

    Whatever of it is still being computed is waited for.
    """
    widgets = [one for one in linked_with(widget) if isinstance(one, FrontEnd) and one.exportable]
    for one in widgets:
        one.settle()
    modules: dict[str, str] = {}
    for name in {name for one in widgets for name in one.bundles}:
        modules[name] = bundle(name).read_text("utf-8")
    data = json.dumps({"modules": modules, "widgets": [_described(one) for one in widgets]}, ensure_ascii=False)
    page = _PAGE.format(
        language=widget.language or "en",
        policy=_POLICY,
        title=html.escape(title),
        # "</script>" in a token or in a bundle must not end the data early.
        data=data.replace("<", "\\u003c"),
        host=bundle("host.js").read_text("utf-8").replace("</script", "<\\/script"),
    )
    target = Path(path)
    target.write_text(page, "utf-8")
    return target


def _described(widget: FrontEnd) -> dict[str, Any]:
    state: dict[str, Any] = {}
    buffers: list[dict[str, Any]] = []
    for name, value in widget.exported().items():
        state[name] = _without_bytes(value, [name], buffers)
    esm, css = widget.bundles
    return {"state": {**state, "live": False, "busy": False}, "esm": esm, "css": css, "buffers": buffers}


def _without_bytes(value: Any, path: Sequence[str | int], buffers: list[dict[str, Any]]) -> Any:
    """The value as JSON; binary parts go to `buffers` with the path that they came from."""
    if isinstance(value, (bytes, memoryview)):
        buffers.append({"path": list(path), "base64": base64.b64encode(value).decode()})
        return None
    if isinstance(value, dict):
        return {key: _without_bytes(part, [*path, key], buffers) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_bytes(part, [*path, place], buffers) for place, part in enumerate(value)]
    return value
