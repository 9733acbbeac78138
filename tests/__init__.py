"""A package only so that `python -m tests.benchmarks` finds ours: a sample package installs its own top-level `tests`."""
