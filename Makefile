# Everything lives in .venv; nothing is installed outside this folder.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DETECTRON2 := .venv-detectron2
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --root-user-action=ignore --constraint constraints.txt
IN_DETECTRON2 := $(DETECTRON2)/bin/python -m pip install -qq --disable-pip-version-check --root-user-action=ignore --constraint constraints-detectron2.txt
# Where an NVIDIA driver answers, TensorFlow comes with its CUDA libraries.
HAS_GPU = nvidia-smi --list-gpus >/dev/null 2>&1
APP = "$$($(HAS_GPU) && echo '.[cuda]' || echo .)"
DEV = "$$($(HAS_GPU) && echo '.[dev,jax,cuda]' || echo '.[dev,jax]')"
# A training takes up to 2 GB, so not a process for every core of a large machine.
SPREAD = --numprocesses logical --maxprocesses 4 --dist loadgroup --no-loadscope-reorder

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: run test test-jax test-detectron2 detectron2 check bench accuracy lock clean help

run: $(VENV)/.ready-app ## Start the app on http://127.0.0.1:7860 (Ctrl-C ends it)
	@$(BIN)/python app.py

test: $(VENV)/.ready-dev ## Run every test, those in a browser too; ARGS="-k label" picks some
	@$(BIN)/python -m pytest $(SPREAD) $(ARGS)

test-jax: $(VENV)/.ready-dev ## Run the tests of the network and the training on JAX
	@KERAS_BACKEND=jax $(BIN)/python -m pytest $(SPREAD) -m keras $(ARGS)

test-detectron2: $(VENV)/.ready-dev $(DETECTRON2)/.ready ## Run the tests that need Detectron2
	@$(BIN)/python -m pytest -m detectron2 $(ARGS)

detectron2: $(DETECTRON2)/.ready ## Set up Detectron2 in an environment of its own (6 GB)

check: $(VENV)/.ready-dev ## Lint, check the format, the types, the layers and the Dockerfile
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

bench: $(VENV)/.ready-dev ## Measure speed; writes docs/performance.md; ARGS="freeze" for a part
	@$(BIN)/python benchmarks/run.py $(ARGS)

accuracy: $(VENV)/.ready-dev ## Measure accuracy on real photographs, for hours; writes docs/accuracy.md
	@$(BIN)/python benchmarks/accuracy.py $(ARGS)

lock: ## Pin what pyproject.toml asks for; UPGRADE=--upgrade takes the newest
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(PYTHON) -m venv "$$folder/venv" && \
	"$$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check uv && \
	cp constraints.txt "$$folder/pins.txt" && \
	"$$folder/venv/bin/uv" pip compile --quiet --universal --python-version 3.11 \
		--all-extras --no-header --no-annotate --index-strategy unsafe-best-match \
		$(UPGRADE) --output-file "$$folder/pins.txt" pyproject.toml && \
	{ head -n 1 constraints.txt && cat "$$folder/pins.txt"; } > "$$folder/new.txt" && \
	cp "$$folder/new.txt" constraints.txt && echo "constraints.txt is up to date."

clean: ## Remove the environments and what the tools left; photographs, runs and runs.db stay
	rm -rf $(VENV) $(DETECTRON2) build *.egg-info .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .hypothesis tests/failures
	find carclf tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

# A set-up that was interrupted leaves packages that look whole, so it starts over.
define install
	@test ! -e $(VENV)/.unfinished || { \
		echo "The last set-up did not end, so it starts over."; \
		$(PYTHON) -m venv --clear $(VENV) && touch $(VENV)/.ready-python; }
	@touch $(VENV)/.unfinished
	@$(PIP) --editable $(1)
	@rm $(VENV)/.unfinished
endef

$(VENV)/.ready-app: $(VENV)/.ready-python pyproject.toml constraints.txt
	@echo "Setting up .venv (about two minutes the first time)"
	$(call install,$(APP))
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready-python pyproject.toml constraints.txt
	@echo "Setting up .venv with the tools for testing (about two minutes the first time)"
	$(call install,$(DEV))
	@touch $@ $(VENV)/.ready-app

$(VENV)/.ready-python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed." \
		"carclf needs Python 3.11, 3.12 or 3.13; name one: make PYTHON=python3.12 run" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { echo \
		"$(PYTHON) is $$($(PYTHON) --version 2>&1). carclf needs Python 3.11, 3.12 or 3.13;" \
		"name one: make PYTHON=python3.12 run" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# Not in .venv: PyTorch's libraries and TensorFlow's cannot share a process.
$(DETECTRON2)/.ready: constraints-detectron2.txt tools/build_detectron2_wheel.py | $(VENV)/.ready-python
	@echo "Setting up $(DETECTRON2) (a few minutes: PyTorch is large)"
	@rm -rf $(DETECTRON2) && $(PYTHON) -m venv $(DETECTRON2)
	@$(IN_DETECTRON2) torch torchvision setuptools wheel
	@$(DETECTRON2)/bin/python tools/build_detectron2_wheel.py $(DETECTRON2)/wheel
	@$(IN_DETECTRON2) $(DETECTRON2)/wheel/detectron2-*.whl
	@touch $@
