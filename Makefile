# Pluggably: `make run` starts the gateway with a real model, `make test` runs every test.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev
# The web UI as the gateway serves it, and what it is made of.
SITE   := src/pluggably/web/index.html
SOURCE := $(shell find web clients/typescript/src -type f -not -path '*/node_modules/*' -not -path 'web/e2e/*')
# Three processes, each with whole files, the longest ones first: one more than a small machine has processors, as many
# tests wait for others.
BESIDE := -n 3 --dist loadfile --no-loadscope-reorder
# The files with tests beside which no other may run: reading all the others again would take longer than many of them.
ALONE   = $(shell grep -rl 'mark\.alone' tests clients/python/tests --include='*.py')
# Hundreds of processes of Python are started here: each would compile the sources anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install run test lint types generate bench clean help

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml clients/python/pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pluggably needs Python 3.11 or newer")'
	@PYTHON=$(PYTHON) scripts/install_system.sh
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet -c constraints.txt -e clients/python -e '.[text,scene,s3,postgres]' --group web
	@touch $@

$(SITE): $(STAMP) $(SOURCE) scripts/node.py
	@echo "Building the web UI"
	@$(BIN)/python -m scripts.node web run --silent build -- --logLevel error
	@touch $@

$(DEV): $(STAMP)
	@PYTHON=$(PYTHON) scripts/install_system.sh tests
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[image,mesh]' --group dev
	@touch $@

install: $(STAMP) $(SITE) ## make .venv with everything that needs no GPU and no PyTorch

run: install ## start the gateway on http://127.0.0.1:8080 with a real model
	$(BIN)/pluggably pull starter
	$(BIN)/pluggably serve --local

test: ## lint, types, layers, every test, and what is generated is up to date
	@$(MAKE) --no-print-directory --jobs=2 --output-sync $(DEV) $(SITE)
	$(MAKE) --no-print-directory --jobs=2 --output-sync lint types
	@mkdir -p reports && rm -f reports/*.xml
	@status=0; \
	$(BIN)/python -m pytest $(BESIDE) -m "not alone" --junitxml=reports/beside.xml || status=$$?; \
	$(BIN)/python -m pytest -m alone $(ALONE) --junitxml=reports/alone.xml || status=$$?; \
	$(BIN)/python -m scripts.merge_reports reports/beside.xml reports/alone.xml reports/junit.xml || status=1; \
	$(BIN)/python -m scripts.traceability --check || status=1; \
	exit $$status

lint: $(DEV) ## ruff, the import layers, eslint, biome, and dart analyze where there is a Dart SDK
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m scripts.node clients/typescript run --silent lint
	$(BIN)/python -m scripts.node web run --silent lint
	$(BIN)/python -m scripts.dart lint

types: $(DEV) ## mypy and tsc, strict
	$(BIN)/mypy
	$(BIN)/python -m scripts.node clients/typescript run --silent types
	$(BIN)/python -m scripts.node web run --silent types

generate: $(DEV) ## write what is made from the code, and from the results of the last `make test`
	$(BIN)/python -m scripts.generate
	$(BIN)/python -m scripts.vectors > /dev/null
	$(BIN)/python -m scripts.node clients/typescript run --silent generate
	@if [ -f reports/junit.xml ]; then $(BIN)/python -m scripts.traceability; fi

bench: $(DEV) ## measure the gateway against its peers, into docs/benchmarks.md
	$(BIN)/python -m benchmarks.run $(ARGS)
	$(BIN)/python -m benchmarks.authentication
	$(BIN)/python -m benchmarks.client_stream

clean: ## remove what was built
	rm -rf $(VENV) .bench reports .mypy_cache .ruff_cache .pytest_cache
	rm -rf clients/typescript/node_modules clients/typescript/build clients/typescript/dist web/node_modules src/pluggably/web
