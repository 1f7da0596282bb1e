# make book   build the site into _build/html      make pdf, make epub   the book as one file, beside the site      make test   the tests of a change, make test-slow   the rest of them      make check   run every check      make format   lay out the code      make preview   the site, built again on save      make refresh   bring the tables up to date from the institutions      make bench   time the build beside stock Jupyter Book
.PHONY: book pdf epub test test-slow check format test-matrix preview refresh bench explain chapter table lock clean early live why
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
export PYTHONHASHSEED := 0
# the time of the last commit stands for the time of the build, so that the same input gives the same bytes; outside a repository
# that of a file, which an archive sets to the same
export SOURCE_DATE_EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || date -r CITATION.cff +%s)
# under a limit of size, or on a full disk, Python 3.11 cuts the files of its compiled modules, and cannot import them again
ifneq ($(shell ulimit -f; df -Pk . | awk 'NR == 2 && $$4 < 300000'),unlimited)
export PYTHONDONTWRITEBYTECODE := 1
else  # images of containers set it: each build would compile a thousand modules anew, a third of the time of an edit
unexport PYTHONDONTWRITEBYTECODE
endif

book: .venv/installed
	@$(BIN)/python -m ledger.build.current || { $(BIN)/python -m ledger.core.authored.preflight && $(BIN)/jupyter-book build -W -n --keep-going .; }

pdf: book
	$(BIN)/python -m ledger pdf

epub: book
	$(BIN)/python -m ledger epub

# `make test` tries every promise, `make test-slow` tries them again at length (CONTRIBUTING.md, "Tests").
# Without Chromium the tests that need it are skipped, but not in CI: there `make pdf` says what is missing
test: TIER := not slow and not upstream
test-slow: TIER := slow or upstream
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
test test-slow: .venv/tools book epub $(if $(or $(CI),$(CHROMIUM)),pdf)
	@$(if $(CHROMIUM),true,echo "no Chromium here: no PDF is made, and tests that need a browser are skipped")
	$(BIN)/python -m pytest -m "$(TIER)"

# every check of .pre-commit-config.yaml, on every file that git knows
check: .venv/tools
	@git rev-parse --is-inside-work-tree >/dev/null || { echo "make check looks at the files that git knows, and this folder is no checkout: clone the repository, or git init and git add -A"; exit 1; }
	@git ls-files --others --exclude-standard | sed 's/^/not checked, for git does not know it yet (git add): /'
	$(BIN)/prek run --all-files

# what can be mended by a program; make check names the rest
format: .venv/tools
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format --quiet .

preview: .venv/installed
	$(BIN)/python -m ledger preview --port $(PORT)

# targets that have a new name
early live why:
	@echo "make $@ is now make $(NEW_$@)"; exit 2
NEW_early := test-matrix
NEW_live := preview
NEW_why := explain

# make refresh TABLES="gdp oil_price"   (default: all that can be downloaded); ARGS=--dry-run ends after the summary
refresh: .venv/tools
	$(BIN)/python -m ledger refresh $(TABLES) $(ARGS)

# make test-matrix DEPENDENCIES=oldest PYTHON=python3.12   every test with the oldest or newest packages that pyproject.toml allows, or locked ones,
# on any Python: in a copy of this checkout with an environment of its own, so that neither .venv nor outputs that are kept are touched.
# An oldest version that has no wheel for this Python is passed over.
DEPENDENCIES := newest
RUN := test
COPY := _build/$(DEPENDENCIES)-$(notdir $(PYTHON))
RESOLVE_oldest := --resolution lowest-direct --no-build
RESOLVE_newest := --resolution highest
RESOLVE = --quiet --python .venv/bin/python --generate-hashes --no-header $(RESOLVE_$(DEPENDENCIES))
test-matrix:
	$(if $(filter locked oldest newest,$(DEPENDENCIES)),,$(error DEPENDENCIES is $(DEPENDENCIES), and must be locked, oldest or newest))
	rm -rf $(COPY)
	git clone --quiet . $(COPY)
	git diff --binary HEAD | git -C $(COPY) apply --allow-empty
ifneq ($(DEPENDENCIES),locked)
	$(PYTHON) -m venv $(COPY)/.venv
	$(COPY)/.venv/bin/python -m pip install --quiet --disable-pip-version-check $(shell grep -o '^uv==[^ ]*' requirements-tools.txt)
	cd $(COPY) && .venv/bin/uv pip compile $(RESOLVE) pyproject.toml --group book -o new.txt && mv new.txt requirements.txt
	cd $(COPY) && .venv/bin/uv pip compile $(RESOLVE) $(TOOLS:%=--group %) --constraint requirements.txt -o new.txt && mv new.txt requirements-tools.txt
endif
	$(MAKE) -C $(COPY) $(RUN)

bench: .venv/tools
	PYTHONPATH=tests $(BIN)/python bench/bench.py

# make explain PAGE=economics   whether a page would execute, and why
explain: .venv/installed
	@test -n "$(PAGE)" || { echo 'name a page: make explain PAGE=economics' >&2; exit 2; }
	@$(BIN)/python -m ledger explain $(PAGE)

# make chapter NAME=migration TITLE="Migration between the two"   a chapter that builds, to go on from
# make table NAME=port_calls CSV=path/to.csv   a table: the first run writes a form, the second the table
# What is typed goes to the command as it is: $(value …) and the environment keep make and the shell from reading quotes and $ in it.
chapter table: export STARTED_NAME := $(value NAME)
chapter: export STARTED_TITLE := $(value TITLE)
chapter: .venv/installed
	@$(BIN)/python -m ledger new chapter -- "$$STARTED_NAME" "$$STARTED_TITLE"

table: export STARTED_CSV := $(value CSV)
table: .venv/installed
	@$(BIN)/python -m ledger new table -- "$$STARTED_NAME" "$$STARTED_CSV"

# The environment is rebuilt whenever a lock changes; a mark is written last, so that an interrupted install is done again. uv installs in a
# tenth of pip's time, and is itself installed from its lock; where it cannot be had, or fails, pip does all.
HASHED := --require-hashes -r
INSTALL = { test -x $(BIN)/uv && $(BIN)/uv pip install --python $(BIN)/python $(HASHED) $(1); } || $(BIN)/python -m pip install --quiet --disable-pip-version-check $(HASHED) $(1)
.venv/installed: requirements.txt
	@test ! -L .venv || { echo ".venv is a link to another folder, which would be emptied: remove the link"; exit 1; }
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed, this is " + sys.version'
	@echo "installing what a build needs into .venv, once: seconds with uv, minutes with pip"
	@$(PYTHON) -m venv --clear .venv
	@awk '/^[a-z]/{uv = /^uv==/} uv' requirements-tools.txt > .venv/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt && echo "uv installs" || echo "uv cannot be installed here: pip installs all"
	@$(call INSTALL,requirements.txt)
	@touch $@

# what tests, checks and a refresh need besides
.venv/tools: .venv/installed requirements-tools.txt
	@echo "installing what tests, checks and refresh need besides"
	@$(call INSTALL,requirements-tools.txt)
	@touch $@

# every package of pyproject.toml, pinned with hashes: what a build needs, what tests, checks and refresh need besides, and what JupyterLab needs
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade
TOOLS := refresh test check lock
lock: .venv/tools
	$(COMPILE) pyproject.toml --group book -o requirements.txt
	$(COMPILE) $(TOOLS:%=--group %) --constraint requirements.txt -o requirements-tools.txt
	$(COMPILE) pyproject.toml --group book --group lab --constraint requirements.txt -o requirements-lab.txt

clean:
	rm -rf _build .venv
