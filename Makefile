# Everything a checkout needs: each target installs what it uses, from nothing.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
export KERAS_BACKEND ?= torch
# What the front end is built from: a change of it is installed anew.
# (`digest.css` is written by the build itself.)
FRONTEND := $(shell find labextension/src labextension/style labextension/schema -type f \
    -not -name digest.css) \
  $(wildcard labextension/*.json labextension/*.mjs labextension/yarn.lock)
# jlpm and the tools behind it look for node: the environment brings its own.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# In a container the user often is root, which JupyterLab asks to be told.
ROOT_FLAG := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: start dashboard test test-core test-browser test-frontend interop lint bench stress dist \
  docs format clean coverage

start: $(VENV)/.lab  ## open JupyterLab on the quickstart
	$(BIN)/python notebooks/example.py
	$(BIN)/jupyter lab $(ROOT_FLAG) notebooks/quickstart.ipynb

dashboard: $(VENV)/.lab  ## serve the read-only view of this folder's models, by Voila
	$(BIN)/python notebooks/example.py
	$(BIN)/nbmodel dashboard --repo notebooks

test: $(VENV)/.test system-tools test-frontend  ## run all tests
	$(PYTEST) -m "not stress and not interop"

PYTEST := $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder
test-core: $(VENV)/.test  ## the tests that need neither a browser nor tools of the system
	$(PYTEST) -m "not stress and not interop" --ignore tests/browser --ignore tests/faults \
	  --ignore tests/monitor/exporters --ignore tests/index/test_page_search.py

test-browser: $(VENV)/.test system-tools test-frontend  ## the tests in Chromium
	$(PYTEST) -m "not stress and not interop" tests/browser

test-frontend: $(VENV)/.test
	cd labextension && jlpm install --immutable && jlpm test

coverage: $(VENV)/.test system-tools  ## all tests once more, with a report of what they run: htmlcov/
	$(PYTEST) -m "not stress and not interop" --cov --cov-report=term --cov-report=html

interop: $(VENV)/.test system-tools system-hadoop  ## other systems' own clients, and notebooks that take long
	$(BIN)/python -m pytest -m "interop and not stress" --timeout 1800

stress: $(VENV)/.stress system-tools  ## the long fault and load campaigns
	$(BIN)/python -m pytest -m stress --timeout 3600

lint: $(VENV)/.dev  ## formatting, lint and types
	$(BIN)/ruff format --check nbmodel tests benchmarks
	$(BIN)/ruff check nbmodel tests benchmarks
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/python -m tests.prose
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff
	cd labextension && jlpm install --immutable && jlpm check && jlpm lint && jlpm prettier --check .

format: $(VENV)/.dev
	$(BIN)/ruff format nbmodel tests benchmarks
	$(BIN)/ruff check --fix nbmodel tests benchmarks
	cd labextension && jlpm prettier --write .

docs: $(VENV)/.docs  ## build the documentation into docs/_build; a warning is an error
	$(BIN)/python -m sphinx --fail-on-warning --keep-going -b html docs docs/_build/html

bench: $(VENV)/.test  ## measure against the peers; see benchmarks/README.md
	$(BIN)/python -m benchmarks

# From one commit the same bytes, wherever they are built. The bills of materials (CycloneDX) list
# what the front end is made of, and what pip installs beside the wheel.
SBOM := dist/sbom
INSTALLED := build/installed
CYCLONEDX_YARN := @cyclonedx/yarn-plugin-cyclonedx@1.1.0
$(VENV)/.release: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet "pip>=25.1"
	$(BIN)/pip install --quiet --group release
	@touch $@

dist: $(VENV)/.release  ## wheel, sdist and their bills of materials
	rm -rf dist $(INSTALLED)
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --outdir dist .
	mkdir -p $(SBOM)
	$(PYTHON) -m venv $(INSTALLED)
	$(INSTALLED)/bin/pip install --quiet "$$(echo dist/*.whl)[dashboard,monitor,serve]"
	$(BIN)/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml \
	  --output-file $(SBOM)/installed.cdx.json $(INSTALLED)/bin/python
	cd labextension && jlpm dlx --quiet $(CYCLONEDX_YARN) --production --output-reproducible \
	  --output-file $(CURDIR)/$(SBOM)/bundled.cdx.json

clean:
	rm -rf $(VENV) build dist htmlcov .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf labextension/lib labextension/node_modules nbmodel/labextension
	rm -rf nbmodel/widgets/static nbmodel/dashboard/static

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.lab: pyproject.toml $(FRONTEND) | $(BIN)/python
	$(BIN)/pip install --quiet --editable ".[lab,examples]"
	@touch $@

$(VENV)/.test: pyproject.toml $(FRONTEND) | $(BIN)/python
	$(BIN)/pip install --quiet --editable ".[test,dev]"
	@touch $@

$(VENV)/.stress: $(VENV)/.test
	$(BIN)/pip install --quiet --editable ".[stress]"
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	@touch $@

# The tests hold what we write against stock git-lfs and strace, and look at it in Chromium, also
# behind an nginx; a Prometheus and an InfluxDB of their own read it; git reaches it over an sshd of
# their own. What Debian starts of those is ended again.
TOOLS := git-lfs strace chromium
SERVERS := prometheus:promtool influxdb:influxd nginx-light:nginx openssh-server:sshd
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
.PHONY: system-tools system-servers
system-servers:
	@missing=; PATH=$$PATH:/usr/sbin; for server in $(SERVERS); do \
	  command -v $${server#*:} >/dev/null || missing="$$missing $${server%:*}"; done; \
	if [ -n "$$missing" ]; then \
	  echo "installing$$missing"; \
	  $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends $$missing && \
	  if [ -d /run/systemd/system ]; then for server in $$missing; do $(SUDO) systemctl disable --now --quiet $$(sed "s/-light//; s/openssh-server/ssh/" <<<$$server); done; fi; fi

# Hadoop's servers come from a Python package, which lacks jersey 1.
HADOOP := libasm-java libjersey1-core-java libjersey1-json-java libjersey1-server-java \
  libjersey1-servlet-java libjsr311-api-java default-jre-headless
.PHONY: system-hadoop
system-hadoop:
	@missing=; for package in $(HADOOP); do dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if command -v java >/dev/null; then missing=$${missing/ default-jre-headless/}; fi; \
	if [ -n "$$missing" ]; then \
	  echo "installing$$missing"; \
	  $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; fi

system-tools: system-servers
	@missing=; for tool in $(TOOLS); do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	if [ -n "$$missing" ]; then \
	  echo "installing$$missing"; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && $$sudo apt-get install -y -qq $$missing; fi

$(VENV)/.docs: pyproject.toml | $(VENV)/.test
	$(BIN)/pip install --quiet --editable ".[docs]"
	@touch $@
