"""`python -m tests.benchmarks [name …]`: run all benchmarks, or the named ones, and print one table each."""

import importlib
import os
import pkgutil
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import tests.benchmarks as here

names = [module.name for module in pkgutil.iter_modules(here.__path__) if not module.name.startswith("_")]
chosen = sys.argv[1:] or names
for name in chosen:
    if name not in names:
        sys.exit(f"There is no benchmark {name!r}; choose from {', '.join(names)}.")
    module = importlib.import_module(f"tests.benchmarks.{name}")
    print(f"\n== {name}: {module.__doc__.strip().splitlines()[0]}", flush=True)
    for row in module.measure():
        print("   " + row, flush=True)
