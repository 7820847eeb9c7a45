# For a fresh clone: `make demo`, `make test` and `make docs`. Each sets everything up first.

BIN := .venv/bin

# Where a run lands, and how long it takes: on two cores, about five minutes.
DEMO_OPTIONS ?= --problems stdlib --seed 0 --out runs/demo --resume --episodes 1920 --evaluate 400 --sample \
	--model nano-completion --source-tokens 256 --set train_encoder=false --set kl_loss_coefficient=0.1

# More options for pytest: make test ARGS="-k judge".
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types check docs bench clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## Create .venv and install what is needed; quick the second time
	@scripts/setup

demo: setup ## Watch a transformer learn, with PPO, to write code that compiles
	@$(BIN)/codegym train CodeCompletion-Python-v0 $(DEMO_OPTIONS)

test: setup ## Run the quick tests, on all cores
	@$(BIN)/python -m pytest -q -n auto --dist loadfile $(ARGS)

lint: setup ## Check style and formatting
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: setup ## Check types, strictly
	@$(BIN)/mypy

check: lint types test ## Everything that must pass before a change is proposed

docs: setup ## Build the documentation into site/; a warning is an error
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "The documentation is in site/index.html."

bench: setup ## List the benchmarks; each runs alone
	@for script in $$(ls benchmarks/*.py 2>/dev/null); do echo "$(BIN)/python $$script"; done

clean: ## Remove caches and build results; runs and .venv stay
	@rm -rf build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find codegym agents envs_registry tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +
