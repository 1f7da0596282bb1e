# make book   build the site into _build/html      make pdf, make epub   the book as one file, beside the site      make test   run every test      make live   preview, built again on save      make refresh   bring the tables up to date from the institutions      make bench   time the build beside stock Jupyter Book
.PHONY: book pdf epub test live refresh bench why lock clean
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
export PYTHONHASHSEED := 0
# the time of the last commit stands for the time of the build, so that the same input gives the same bytes
export SOURCE_DATE_EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || date +%s)

book: .venv/installed
	$(BIN)/jupyter-book build -W -n --keep-going .

pdf: book
	$(BIN)/python -m ledger pdf

epub: book
	$(BIN)/python -m ledger epub

# without Chromium the tests that need it are skipped, but not in CI: there `make pdf` says what is missing
test: book epub $(if $(or $(CI),$(shell command -v chromium || command -v chromium-browser || command -v google-chrome)),pdf)
	$(BIN)/python -m pytest

live: .venv/installed
	$(BIN)/python -m ledger live --port $(PORT)

# make refresh TABLES="gdp oil_price"   (default: all that can be downloaded); ARGS=--dry-run ends after the summary
refresh: .venv/installed
	$(BIN)/python -m ledger refresh $(TABLES) $(ARGS)

bench: .venv/installed
	$(BIN)/python tests/bench.py

# make why PAGE=economics   whether a page would execute, and why
why: .venv/installed
	@$(BIN)/python -m ledger why $(PAGE)

# The environment is rebuilt whenever the lock changes; the mark is written last, so that an interrupted install is done again.
.venv/installed: requirements.txt
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed, this is " + sys.version'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

# every package of pyproject.toml, of its groups too, pinned with hashes
GROUPS := book refresh test check lab lock
lock: .venv/installed
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade pyproject.toml $(GROUPS:%=--group %) -o requirements.txt

clean:
	rm -rf _build .venv
