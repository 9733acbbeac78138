"""A package so that `python -m tests.benchmarks` finds ours: a sample package installs a top-level `tests` too."""
