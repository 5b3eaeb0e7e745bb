# make demo   sets everything up, transcribes the song that ships with sidestick, shows what came out
# make test   sets everything up and runs the tests
# make check  what CI runs: style, types, tests
# make bench  measures accuracy, speed and memory and prints the tables of docs/benchmarks.md
# make train  makes the shipped networks anew: make train TRAIN='--roots DIR --grooves DIR', some hours
# make clean  removes what the others made

VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
READY := $(VENV)/.ready
NODE_MODULES := tests/max_for_live/node_modules

# A folder or page with wheels, such as a CPU build of torch, where pip is told of one.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)

.PHONY: demo test check bench train clean setup lint types

demo: setup
	@$(BIN)/python examples/demo.py

test: setup $(NODE_MODULES)
	@echo "Running the tests ..."
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not real_time"
	@echo "Running those that measure time, one by one ..."
	@$(BIN)/python -m pytest -m real_time

check: setup lint types test

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Some files are not formatted: run $(BIN)/ruff format ."; exit 1; }

# Once for each system that sidestick is for: what Windows has not is found here.
types: setup
	@$(BIN)/mypy --platform linux --cache-dir .mypy_cache/linux
	@$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin
	@$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32

bench: setup
	@$(BIN)/python -m tests.benchmarks

train: setup
	@$(BIN)/python -m daemon.training all $(TRAIN)

setup: $(READY)

$(READY): pyproject.toml examples/setup.py
	@python=; for p in python3.12 python3.11 python3 python; do \
	  if $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; then python=$$p; break; fi; done; \
	if [ -z "$$python" ]; then echo "sidestick needs Python 3.11 or 3.12. Install one from python.org and try again."; exit 1; fi; \
	$$python examples/setup.py $(VENV)
	@touch $(READY)

# The scripts of the Max for Live device are checked by Node.js, where there is one.
$(NODE_MODULES): tests/max_for_live/package-lock.json
	@if command -v npm >/dev/null; then (cd tests/max_for_live && npm ci --silent --no-audit --no-fund) && touch $@; fi

clean:
	rm -rf $(VENV) $(NODE_MODULES) build dist demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
