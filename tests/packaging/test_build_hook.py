"""The front ends are built when they must be, and only then."""

import os
import subprocess
import sys

import pytest
from source_tree import REPOSITORY, copy_to

BUNDLE = "xaiwidgets/static/token_highlight.js"


def build(tree, *, npm):
    environment = dict(os.environ) if npm else {**os.environ, "PATH": str(tree)}
    return subprocess.run(
        [sys.executable, "js/hatch_build.py"], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def tree(tmp_path):
    copy = copy_to(tmp_path)
    (copy / "js/node_modules").symlink_to(REPOSITORY / "js/node_modules")
    return copy


def test_a_fresh_bundle_is_left_alone(tree):
    before = (tree / BUNDLE).stat().st_mtime_ns
    assert build(tree, npm=True).returncode == 0
    assert (tree / BUNDLE).stat().st_mtime_ns == before


@pytest.mark.parametrize("source", ["js/src/core/host.ts", "xaiwidgets/words.json"])
def test_a_bundle_older_than_a_source_is_built_again(tree, source):
    (tree / BUNDLE).write_text("old")
    os.utime(tree / BUNDLE, (1_000_000_000, 1_000_000_000))
    (tree / source).touch()
    done = build(tree, npm=True)
    assert done.returncode == 0, done.stderr
    assert (tree / BUNDLE).read_text() != "old"


def test_an_old_looking_bundle_serves_where_npm_is_missing(tree):
    os.utime(tree / BUNDLE, (1_000_000_000, 1_000_000_000))
    done = build(tree, npm=False)
    assert done.returncode == 0
    assert "as it is" in done.stderr


def test_no_bundle_and_no_npm_is_one_sentence(tmp_path):
    done = build(copy_to(tmp_path, bundle=False), npm=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "install node 20 or newer" in done.stderr


def test_a_broken_source_shows_what_the_build_said(tree):
    (tree / "js/src/core/host.ts").write_text("const = ;")
    done = build(tree, npm=True)
    assert done.returncode == 1
    assert "npm run build" in done.stderr
    assert "host.ts" in done.stderr
