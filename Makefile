# Every target installs what it needs; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo test test-faults lint format typecheck fuzz bench bench-peers \
	evaluate evaluate-second evaluate-third evaluate-fourth lock lock-peers schemas clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 17

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Reflux needs Python 3.11 or later: make PYTHON=python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing from requirements.lock" >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing from requirements-dev.lock" >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.installed

install: $(VENV)/.installed ## create the environment from the lock file

install-dev: $(VENV)/.installed-dev ## the same, with what tests and checks need

demo: $(VENV)/.installed ## watch a simulated campaign being found and suspended: a minute or two
	@$(BIN)/reflux demo $(ARGS)

test: $(VENV)/.installed-dev ## the whole suite against a real Apache Kafka
	@$(BIN)/python -m pytest $(ARGS)
	@NUMBA_BOUNDSCHECK=1 $(BIN)/python -m pytest tests/property

test-faults: $(VENV)/.installed-dev ## every fault at its full length, on three brokers: an hour and more
	@REFLUX_FAULTS=full $(BIN)/python -m pytest tests/faults $(ARGS)

lint: $(VENV)/.installed-dev ## lint and format check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(VENV)/.installed-dev ## format, and fix what can be fixed
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

typecheck: $(VENV)/.installed-dev ## strict type check
	@$(BIN)/mypy

bench: $(VENV)/.installed-dev ## the measured ratios; the last line is one JSON object
	@$(BIN)/python -m tests.benchmarks.bench $(ARGS)

bench-peers: $(VENV)/.installed-dev ## beside Faust, Quix Streams, Kafka Streams and bare clients, likewise
	@$(BIN)/python -m tests.benchmarks.peers.bench $(ARGS)

evaluate: $(VENV)/.installed-dev ## the whole table of the README: hours; goes on where it stopped
	@$(BIN)/reflux evaluate --table README.md --results tests/evaluation/results \
		--report .cache/evaluation/page $(ARGS)

evaluate-second: $(VENV)/.installed-dev ## the same detector on a population made independently of it: an hour
	@$(BIN)/python -m tests.evaluation.second --json $(ARGS)

evaluate-third: $(VENV)/.installed-dev ## and on a third, of look-alikes and thoughtful adversaries: an hour and more
	@$(BIN)/python -m tests.evaluation.third --json $(ARGS)

evaluate-fourth: $(VENV)/.installed-dev ## and on a fourth, of strangers who share cards, devices and programs: an hour and more
	@$(BIN)/python -m tests.evaluation.fourth --json $(ARGS)

schemas: $(VENV)/.installed-dev ## write schemas/ anew from the records
	@$(BIN)/python -m app.events.generate_schemas

fuzz: $(VENV)/.installed-dev ## mutate real record batches against the decoders; each for ARGS="--seconds 600"
	@$(BIN)/python -m tests.fuzz.fuzz_decode $(ARGS)
	@$(BIN)/python -m tests.fuzz.fuzz_records $(ARGS)

fuzz-nightly: $(VENV)/.installed-dev ## ten million inputs for every decoder, array accesses checked: hours
	@NUMBA_BOUNDSCHECK=1 $(BIN)/python -m tests.fuzz.fuzz_decode --inputs 1e7 $(ARGS)
	@NUMBA_BOUNDSCHECK=1 $(BIN)/python -m tests.fuzz.fuzz_records --inputs 1e7 $(ARGS)

lock: $(VENV)/.installed-dev ## resolve the dependencies anew into the lock files
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --extra broker -o requirements.lock
	@$(BIN)/uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --all-extras -o requirements-dev.lock

lock-peers: $(VENV)/.installed-dev ## the same for the environments of the peers
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile -q tests/benchmarks/peers/quix/requirements.in --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		-o tests/benchmarks/peers/quix/requirements.lock

clean: ## remove the environment and everything that was built
	@rm -rf $(VENV) .cache build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find app tests -name __pycache__ -prune -exec rm -rf {} +
