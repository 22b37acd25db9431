# The contributor's manual. `make` alone lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test check lint format types contracts coverage cog lock wheel clean

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sleeper needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## index this clone, start the daemon, ask a question (no key, no model)
	@sh docs/demo.sh $(abspath $(BIN))/sleeper

test: $(READY) ## run all tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(READY) ## ruff and codespell
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell

format: $(READY) ## let ruff write
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(READY) ## mypy --strict
	$(BIN)/mypy

contracts: $(READY) ## who may import whom
	$(BIN)/lint-imports

coverage: $(READY) ## all tests, subprocesses too, at least 95 %
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 2 --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

cog: $(READY) ## rewrite the generated parts of README.md
	$(BIN)/cog -r README.md

check: lint types contracts test ## everything CI runs

lock: ## resolve requirements.lock again (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --exclude-newer '1 week' --output-file requirements.lock

wheel: $(READY) ## build dist/*.whl
	$(BIN)/python -m build --no-isolation

clean: ## remove the environment and everything built
	rm -rf $(VENV) dist build .coverage .coverage.* htmlcov .mypy_cache .ruff_cache .pytest_cache
