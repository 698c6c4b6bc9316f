# `make run` and `make test` need Python 3.11 or newer and nothing else; each sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin
CREDENTIALS ?=
# A stamp carries a digest of pyproject.toml, so that set-up runs again when a dependency changes.
DIGEST := $(shell cksum pyproject.toml | cut -d' ' -f1)
RUN_READY := .venv/.ready-run-$(DIGEST)
DEV_READY := .venv/.ready-dev-$(DIGEST)

.DEFAULT_GOAL := help
.PHONY: help run test check fix bench sizes clean

help:  ## say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-7s %s\n", $$1, $$2}'

run: $(RUN_READY)  ## start Mission Control with the demo company (MC_PORT, MC_DATA_DIR, CREDENTIALS=file)
	@exec $(BIN)/mission-control demo $(if $(CREDENTIALS),--credentials-file "$(CREDENTIALS)")

test: $(DEV_READY)  ## run every check and test
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest tests/integration tests/scenarios tests/web tests/contracts tests/browser -n 2 --dist loadscope

check: $(DEV_READY)  ## format, lint, types, import contracts, unit tests: under a minute
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest tests/unit -n 2

fix: $(DEV_READY)  ## format the code and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(DEV_READY)  ## measure the figures that docs/benchmarks.md speaks of
	@$(BIN)/python tests/bench/run.py

sizes: $(DEV_READY)  ## how long files and functions are
	@$(BIN)/python tests/bench/sizes.py

clean:  ## remove the virtual environment and the demo's data
	rm -rf .venv .data

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Mission Control needs Python 3.11 or newer.")'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(RUN_READY): .venv/bin/python
	@echo "Setting up (once; a minute at most) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[local]'
	@rm -f .venv/.ready-run-* && touch $@

$(DEV_READY): .venv/bin/python
	@echo "Setting up for development (once; some minutes at most) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[local,dev]'
	@rm -f .venv/.ready-* && touch $@ $(RUN_READY)
