# Everything a person does with this repository, by one word each. `make help` lists them.
# Needs Python 3.11 or newer, and nothing else, for `make demo`; no command here needs root.

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
# The stamps carry the hash of pyproject.toml: a changed dependency installs again, a fresh checkout of the same file does not.
HASH := $(shell cksum pyproject.toml | cut -d' ' -f1)
RUN_STAMP := $(VENV)/.installed-run-$(HASH)
DEV_STAMP := $(VENV)/.installed-dev-$(HASH)
# `make demo ARGS="--robots 40"` hands flags to the command behind the word.
ARGS ?=
# `make bench ONLY=ingest` runs the benches whose file name contains the word.
ONLY ?=
# `make test TESTS=tests/unit` runs a part.
TESTS ?=
# Most tests wait for processes and sockets, so three at a time take less, also on two cores. Tests of one file never
# run beside each other: they may share a network namespace or a database server. Folders begin in the order of
# testpaths: what takes minutes must not be what begins last.
JOBS ?= 3
# The tests start hundreds of processes. Where nothing keeps compiled modules, each of them compiles 800 files anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install demo test check format docs messages bench soak clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## */make \1\t/' | expand -t 14

demo: $(RUN_STAMP)  ## a broker, the collector, this machine's own agent and a simulated fleet; prints the address of the page
	$(BIN)/fleet-sim demo $(ARGS)

test: $(DEV_STAMP)  ## all tests; says which were skipped, for want of what
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder $(TESTS) $(ARGS)

check: $(DEV_STAMP)  ## lint, format, types, import directions, tidy and docs rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest tests/unit/test_tidy.py tests/unit/test_docs.py

format: $(DEV_STAMP)  ## put every file into the house form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DEV_STAMP)  ## rewrite the tables of the reference pages from the code
	$(BIN)/python -m tests.reference

messages: $(DEV_STAMP)  ## take new messages from the code into the catalogues, and compile them; fails while one is not translated
	$(BIN)/python -m tests.messages

bench: $(DEV_STAMP)  ## measure and write bench-results/table.md
	$(BIN)/python -m tests.bench $(ONLY)

soak: $(DEV_STAMP)  ## the long versions of the fault tests
	$(BIN)/python -m tests.soak $(ONLY)

install: $(DEV_STAMP)  ## the virtual environment with everything in it

clean:  ## what the commands above made, except the virtual environment
	rm -rf demo-state bench-results build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# The first Python that runs and is new enough; a version manager's placeholder that only prints an error is passed over.
$(BIN)/python:
	@for candidate in python3.13 python3.12 python3.11 python3 python; do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found="$$candidate"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "No Python 3.11 or newer was found. Install one (Debian 12, Ubuntu 24.04: apt-get install python3 python3-venv), then run make again." >&2; exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "$$found cannot make a virtual environment: apt-get install python3-venv, then run make again." >&2; exit 1; }

$(RUN_STAMP): | $(BIN)/python
	@if [ ! -e $(DEV_STAMP) ]; then \
	  echo "Installing Fleetward into $(VENV) (once)"; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[agent,collector,sim]' || exit 1; \
	fi
	@touch $@

$(DEV_STAMP): | $(BIN)/python
	@echo "Installing Fleetward and its development tools into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
