# Everything runs in .venv, which `make setup` makes from the pins in constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready

GALLERY := lighthouse coast flight travel beat loop dolly clip

.PHONY: demo test fuzz lint bench docs setup gallery evaluate-sketch clean

demo: $(STAMP)  ## render a sample project to an MP4 with the built-in model
	$(BIN)/reverie render projects/gallery/lighthouse.toml --take takes/demo
	@echo
	@echo "The film: $(CURDIR)/takes/demo/film.mp4"

test: $(STAMP)  ## run the tests, in two processes
	$(BIN)/python -m pytest -n 2 --dist worksteal

fuzz: $(STAMP)  ## every setting with many values: are frames' keys as true as their pixels?
	$(BIN)/python -m tests.fuzz

lint: $(STAMP)  ## types and style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(STAMP)  ## our loop against a naive one, side by side
	$(BIN)/python -m benchmarks

docs: $(STAMP)  ## write the generated pages again
	$(BIN)/python -m render.cli.reference > docs/cli.md
	$(BIN)/python -m projects.schema.reference > docs/settings.md
	$(BIN)/python -m projects.importers.parity docs/parity.md

gallery: $(STAMP)  ## render the sample projects and make the pictures of the README
	for name in $(GALLERY); do \
	    $(BIN)/reverie render projects/gallery/$$name.toml --take takes/$$name && \
	    $(BIN)/reverie export takes/$$name -o docs/pictures/$$name.webp || exit 1; \
	done

evaluate-sketch: $(STAMP)  ## how well the built-in model follows prompts
	$(BIN)/python -m training.sketch.evaluate

setup: $(STAMP)

# torch first and alone: its pin is a build for the CPU where there is one, and what comes after is satisfied with it
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $(STAMP)

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
