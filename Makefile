# budgetwatch: `make run` starts the monitor, `make test` checks everything.
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PORT ?= 8080
RUNS ?= 200

.PHONY: help install run cluster test lint bench bench-kafka crash chaos docs requirements boards-look clean

help:  ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: .venv/installed  ## make .venv with the command .venv/bin/budgetwatch in it

.venv/installed: requirements.txt requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "budgetwatch needs Python 3.11 or newer; name one with PYTHON=/path/to/python3.11"; exit 2; }
	@test -x $(BIN)/python -a -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv || { \
		echo "Python's venv module is missing; trying to install it"; \
		{ [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -qy python3-venv || sudo -n apt-get install -qy python3-venv; } \
		&& $(PYTHON) -m venv --clear .venv; } || { echo "install Debian's package python3-venv, then run this again"; exit 2; }
	$(BIN)/pip install -q --require-hashes -r requirements.txt -r requirements-dev.txt
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

run: install  ## the monitor on data/ where there is one, else a demonstration year on demo/ (http://127.0.0.1:8080/)
	@if [ -f data/agencies.csv ]; then exec $(BIN)/budgetwatch run --data data --port $(PORT); \
	else exec $(BIN)/budgetwatch demo --data demo --port $(PORT); fi

cluster: install  ## Kafka, PostgreSQL, two workers and the page from packages, on cluster/ (development; Ctrl-C stops it)
	@exec $(BIN)/python -m tests.real_parts.cluster cluster $(PORT)

test: install lint  ## check style, types, structure and behaviour
	$(BIN)/pytest -n auto --dist loadfile

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m alerts.catalogue_page --check
	$(BIN)/python -m streams.schema --check
	$(BIN)/python -m streams.letters_page --check
	$(BIN)/python -m dashboards.boards.build --check

bench: install  ## measure every bar of speed and memory (a quarter of an hour)
	$(BIN)/python -m tests.bench.bars

bench-kafka: install .venv-bench/installed  ## measure workers on Kafka beside Faust, Quix Streams and Bytewax (half an hour)
	$(BIN)/python -m tests.bench.kafka
	$(BIN)/python -m tests.bench.kafka --restart

.venv-bench/installed: requirements-bench.txt
	$(PYTHON) -m venv --clear .venv-bench
	.venv-bench/bin/pip install -q --require-hashes -r requirements-bench.txt
	@touch $@

crash: install  ## kill the writer RUNS times at random moments, then audit (RUNS=200)
	$(BIN)/python -m tests.streams.crashes $(RUNS)

chaos: install  ## kill, stall and cut off workers, broker and database RUNS times, then audit each run (RUNS=200)
	$(BIN)/python -m tests.kafka.chaos $(RUNS)

docs: install  ## write what is generated: the catalogue of rules, the JSON schemas, the sample notices, the boards
	$(BIN)/python -m alerts.catalogue_page
	$(BIN)/python -m streams.schema
	$(BIN)/python -m streams.letters_page
	$(BIN)/python -m dashboards.boards.build

PIP_COMPILE := .venv-pins/bin/pip-compile -q --generate-hashes --allow-unsafe --no-header --no-annotate \
	--no-emit-find-links --no-emit-index-url --no-emit-trusted-host --strip-extras

requirements:  ## pin what the .in files name, with hashes and without addresses (UPGRADE=--upgrade for newer ones)
	$(PYTHON) -m venv .venv-pins
	.venv-pins/bin/pip install -q pip-tools
	for one in requirements requirements-dev requirements-bench; do $(PIP_COMPILE) $(UPGRADE) -o $$one.txt $$one.in || exit 1; done

boards-look: install  ## draw the boards with Grafana's own components, from npm, into docs/images/boards/ (development)
	$(BIN)/python -m tests.boards_look.look build/boards-look $(BOARDS)

clean:  ## remove what these targets made
	rm -rf .venv .venv-bench .venv-pins build demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
