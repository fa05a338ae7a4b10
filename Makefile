# Everything a checkout needs: each target installs what it uses, from nothing.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
export KERAS_BACKEND ?= torch
# In a container the user often is root, which JupyterLab asks to be told.
ROOT_FLAG := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: start test lint bench stress format clean

start: $(VENV)/.lab  ## open JupyterLab on the quickstart
	$(BIN)/jupyter lab $(ROOT_FLAG) notebooks/quickstart.ipynb

test: $(VENV)/.test git-lfs  ## run all tests
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not stress"

stress: $(VENV)/.test git-lfs  ## the long fault and load campaigns
	$(BIN)/python -m pytest -m stress --timeout 3600

lint: $(VENV)/.dev  ## formatting, lint and types
	$(BIN)/ruff format --check nbmodel tests benchmarks
	$(BIN)/ruff check nbmodel tests benchmarks
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff format nbmodel tests benchmarks
	$(BIN)/ruff check --fix nbmodel tests benchmarks

bench: $(VENV)/.test  ## measure against the peers; see benchmarks/README.md
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.lab: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable ".[lab]"
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable ".[test,dev]"
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable ".[test,dev]"
	@touch $@

.PHONY: git-lfs
git-lfs:  # the tests hold what we write against stock git-lfs and strace
	@command -v git-lfs >/dev/null && command -v strace >/dev/null || { \
	  echo "installing git-lfs and strace"; \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq git-lfs strace; \
	  else sudo apt-get update -qq && sudo apt-get install -y -qq git-lfs strace; fi; }
