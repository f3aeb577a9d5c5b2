# guidang: what a developer and a curious clerk need. Every target starts from nothing and repeats quickly.
#
#   make demo     the sample office, its monthly report, and a few papers from filing to proof
#   make test     every test, from fixed seeds
#   make soak     every test, with long random sequences and new seeds
#   make lint     style, format and types
#   make bench    the figures of docs/performance.md, measured on this machine
#   make docs     write docs/cli.md anew from the commands
#   make messages collect messages from the code and compile the Chinese catalogues
#   make clean    remove what these targets made (never an office folder)

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
# Pinned, and built with the pinned setuptools: the same versions on every machine. Newer pips repeat setuptools'
# warning about editable installations, which is no news here.
INSTALL := PYTHONWARNINGS=ignore $(PIP) install --no-build-isolation -c constraints.txt
DECLARED := pyproject.toml constraints.txt
SYSTEM := libreoffice-calc libreoffice-writer fonts-noto-cjk poppler-utils strace
PROGRAMS := soffice localc lowriter pdftoppm strace

.PHONY: demo test soak bench lint docs messages clean system

demo: $(VENV)/.run
	$(BIN)/guidang demo

test: $(VENV)/.test system
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

soak: $(VENV)/.test system
	GUIDANG_SOAK=1 $(BIN)/python -m pytest -n 2 --dist loadfile

bench: $(VENV)/.bench
	set -e; for file in benchmarks/*.py; do $(BIN)/python $$file; done

docs: $(VENV)/.run
	$(BIN)/python docs/generate.py

messages: $(VENV)/.run
	$(BIN)/python docs/messages.py

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@set -e; \
	for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	  if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    echo "$$name -m venv $(VENV)"; exec $$name -m venv $(VENV); \
	  fi; \
	done; \
	echo "guidang needs Python 3.11 or newer; none was found. 需要 Python 3.11 或更高版本。" >&2; exit 1

$(VENV)/.run: $(DECLARED) | $(VENV)/bin/python
	$(PIP) install -c constraints.txt setuptools
	$(INSTALL) -e .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	$(INSTALL) -e '.[test]'
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	$(INSTALL) -e '.[test,bench]'
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	$(INSTALL) -e '.[test,lint]'
	@touch $@

# LibreOffice recomputes the formulas of rendered workbooks and prints papers, poppler looks at their pages, strace tells
# what the watcher asks of the system. Where they are not there and cannot be had, the few tests that need them are left
# out.
system:
	@missing=; for name in $(PROGRAMS); do command -v $$name >/dev/null || missing=1; done; \
	if [ -n "$$missing" ] && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  echo "apt-get install $(SYSTEM)"; \
	  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $(SYSTEM); } \
	    >/dev/null || echo "$(SYSTEM): not installed" >&2; \
	fi
