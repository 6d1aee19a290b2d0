# The same verbs on a laptop and in CI. Every verb sets up what it needs and is done in a moment when nothing is missing.
PYTHON := /usr/bin/python3
VENV   := .venv
BIN    := $(VENV)/bin
SUDO   := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# Python with its headers, SANE and PC/SC to build against, a virtual screen with software OpenGL, reading of Vietnamese print,
# a voice.
DEBIAN := python3-venv python3-dev gcc swig libsane-dev libsane1 sane-utils libpcsclite-dev pcscd libmtdev1 libgl1 libegl1 \
          libgles2 libgl1-mesa-dri libglib2.0-0 xclip xvfb ca-certificates tesseract-ocr tesseract-ocr-vie espeak-ng
# For the tests only: a database server, a browser, a tus server and a printer that nobody here wrote. A Node.js from
# elsewhere will do.
DEBIAN += postgresql chromium
DEBIAN += $(shell command -v npm >/dev/null || echo nodejs npm)
NODE   := tests/queue/tus_server tests/contract/npos

.PHONY: run test torture setup check bench fuzz lock
.DEFAULT_GOAL := run

run: setup
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then $(BIN)/python main.py run; else \
	  echo "run: no screen here, so a virtual one is opened for the tour"; $(BIN)/python main.py tour --out build/tour; fi

# One worker a core: with one more a real window waits so long for its turn that its touches come too late.
test: setup
	@$(BIN)/pytest -n auto --dist loadfile

# What takes minutes: power cuts and kills by the hundred, thousands of dossiers through tens of thousands of faults.
torture: setup
	@$(BIN)/pytest -m torture -s --timeout=3000

check: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/test_architecture.py

bench: setup
	@$(BIN)/python -m tests.bench

fuzz: setup
	@$(BIN)/python -m tests.fuzz --inputs $(or $(INPUTS),1000000) $(if $(SEED),--seed $(SEED))

setup: $(VENV)/.packages $(VENV)/vpcd $(NODE:%=%/node_modules/.packages)

$(VENV)/.debian: Makefile
	@missing=; for p in $(DEBIAN); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  echo "setup: Debian packages$$missing"; \
	  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi
	@mkdir -p $(VENV) && touch $@

$(VENV)/bin/python: | $(VENV)/.debian
	@echo "setup: virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.packages: requirements.lock $(VENV)/.debian | $(VENV)/bin/python
	@echo "setup: Python packages of requirements.lock"
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

# Virtual card readers for the tests: unpacked, not installed, as pcscd would offer them to the whole machine.
$(VENV)/vpcd: | $(VENV)/.debian
	@echo "setup: virtual card readers in $@"
	@rm -rf $@.part && mkdir -p $@.part
	@cd $@.part && get="apt-get -qq -o APT::Sandbox::User=root download vsmartcard-vpcd"; $$get || { $(SUDO) apt-get update -qq && $$get; }
	@cd $@.part && dpkg -x *.deb . && rm *.deb
	@mv $@.part $@

%/node_modules/.packages: %/package-lock.json $(VENV)/.debian
	@echo "setup: Node.js packages of $<"
	@cd $* && npm ci --silent --no-progress --omit=optional
	@touch $@

# Renew the lock file: no addresses in it, every package with its hashes.
lock: $(VENV)/bin/python
	@$(BIN)/pip-compile --extra dev --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --strip-extras --no-header --quiet --upgrade -o requirements.lock pyproject.toml
