# Needs Python 3.11 or newer, make and git; everything else comes by itself into .venv and .cache.
PYTHON ?= python3
BIN := .venv/bin
# One JIT cache for every server and test of this checkout.
export NUMBA_CACHE_DIR ?= $(CURDIR)/.cache/numba
# Without bytecode on disk every process compiles all that it imports, which is most of the seconds a start takes.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test slow chaos check bench gallery docs clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: .venv/ready ## make .venv with the locked dependencies and this package

.venv/ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "flashreel needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## start the server, run the page's sample through the official SDK, save demo.mp4
	@$(BIN)/python tools/demo.py

test: ## set up, then every check and test, part by part with its budget
	@$(PYTHON) tools/parts.py test

slow: ## full products and long runs
	@$(PYTHON) tools/parts.py slow

SECONDS ?= 300
chaos: setup ## kill and stop every process of a busy server for SECONDS=300, fill its disk, count what it cost (POSTGRESQL=1: of many hosts)
	@$(BIN)/python -m tools.chaos --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) $(if $(POSTGRESQL),--postgresql)

check: setup ## formatting, lint, types, the house's rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## seconds and memory of the page's sample
	@$(BIN)/python bench/clip.py

gallery: setup ## docs/gallery.md: stills of sixty prompts, and the README's picture
	$(BIN)/python tools/gallery.py

docs: setup ## the manual as a site in .cache/site; a link that leads nowhere fails
	$(BIN)/python -m tools.reference
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo .cache/site/index.html

clean: ## throw away what the above made
	rm -rf .venv .cache demo.mp4
