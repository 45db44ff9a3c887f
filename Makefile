# Everything a person does with this repository. `make` alone lists it.
# Each target sets up what it needs: Python 3.11 (or 3.12) and make are enough to begin with.

PYTHON ?= $(shell for p in python3.11 python3.12 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null && echo $$p && break; done)
UV_VERSION := 0.13.9
BIN := .venv/bin
READY := .venv/.installed
UV := $(BIN)/uv pip

export PATH := $(CURDIR)/$(BIN):$(PATH)
export MLFLOW_DISABLE_TELEMETRY := true
export DVC_NO_ANALYTICS := 1
# one BLAS kernel on every processor, so that the last digits agree
export OPENBLAS_CORETYPE := Haswell
# and one set of numpy's functions: with AVX-512 logarithms and powers end in other digits
ifeq ($(shell uname -m),x86_64)
export NPY_DISABLE_CPU_FEATURES := X86_V4 AVX512_ICL AVX512_SPR
endif
# behind a proxy the certificates are the system's
export UV_SYSTEM_CERTS := true
export PYTHONNOUSERSITE := 1
export VIRTUAL_ENV := $(CURDIR)/.venv
unexport PYTHONPATH PYTHONHOME CONDA_PREFIX
# without compiled modules on the disk every command compiles its libraries anew, for seconds
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install reproduce reproduce-all test check docs lab review bench studies lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | while IFS='	' read -r name text; do \
		printf '  make %-14s %s\n' "$$name" "$$text"; done

install: $(READY) mlflow.db ## virtual environment, locked packages, MLflow's store (quick when nothing changed)

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "crmlab needs Python 3.11 or 3.12, and none is on the PATH:" \
		"install one, or name it: make install PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; ok = (3, 11) <= v < (3, 13); \
		sys.exit(0 if ok else "crmlab needs Python 3.11 or 3.12, and $(PYTHON) is %d.%d: name another, such as" \
		" make install PYTHON=python3.11" % v)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(UV) sync --quiet --compile-bytecode --require-hashes requirements.lock
	$(UV) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# one process creates the store before several write to it
mlflow.db: | $(READY)
	crmlab init

# a copy without git (an unpacked archive) is a project too
.dvc/config.local: | $(READY)
	@test -e .git && touch $@ || dvc config --local core.no_scm true

# The instances of the embedded data set at the sizes that are quick. `across` reads every problem's committed
# scores and must not pull their stages in: single items, in the order of dvc.yaml, which is the order that
# they need
reproduce: install .dvc/config.local ## run everything on the embedded default data, then print the ranking per question
	crmlab params
	dvc repro --single-item --glob sources '*@demo_shop' '*@*-demo_shop' across
	crmlab board

reproduce-all: install .dvc/config.local ## the same on every data set (downloads, or CRMLAB_MIRROR=folder)
	crmlab params
	dvc repro
	crmlab board
	python tools/readme.py
	python tools/picture.py

# two processes side by side: threads inside them would only take turns
test: export OMP_NUM_THREADS := 1
test: install ## the default tier of tests (others: pytest -m "slow or data or browser")
	pytest -n 2 --dist loadfile

check: install ## style, imports, parameters, keys of the committed scores
	ruff check
	ruff format --check
	lint-imports --no-logo
	crmlab params
	crmlab verify --keys

docs: install ## make docs/datasets.md again from the data sets' cards
	python -c 'from crmlab import catalogue; print(catalogue.page(), end="")' > docs/.datasets.part
	mv docs/.datasets.part docs/datasets.md

# in a container one is root, which JupyterLab wants to be told
lab: install ## JupyterLab on the notebooks
	jupyter lab --ServerApp.root_dir="$(CURDIR)" --LabApp.default_url=/lab/tree/notebooks/start.ipynb \
		$(if $(filter 0,$(shell id -u)),--allow-root)

review: install ## MLflow on 127.0.0.1, with links to the pages that compare runs
	crmlab review

bench: install ## timings beside other libraries
	python benchmarks

studies: install ## the simulations behind the statistical claims (long)
	python -m crmlab.studies

lock: $(READY) ## resolve the newest versions again: requirements.lock and environment.yml
	$(UV) compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --no-annotate --no-header \
		--no-emit-index-url --no-emit-find-links --extra test --extra copyleft --extra factors pyproject.toml --output-file requirements.lock
	python tools/environment.py

# tables that no file of the catalogue can make again are a user's own
clean: ## remove what was made here (data, runs, MLflow's store, caches); .venv, your own tables and what git keeps stay
	@for folder in data/tables/*/; do \
		if [ -e "src/crmlab/datasets/$$(basename "$$folder").py" ]; then rm -rf "$$folder"; \
		elif [ -d "$$folder" ]; then echo "kept: $$folder (your own data: remove it by hand)"; \
		grep -Eqs "problem: +$$(basename "$$folder")( |$$)" params.yaml || \
			rm -f data/problems/*/"$$(basename "$$folder").json"; fi; done
	rm -rf data/raw data/sources data/problems/*/*/ experiments/store experiments/locks experiments/scratch \
		experiments/failed experiments/predictions experiments/notebooks experiments/curves \
		experiments/actions mlflow.db* mlartifacts \
		.dvc/cache .dvc/tmp .dvc/config.local .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
