# Every target works on a fresh machine with Python 3.11 or newer and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test soak test-scale audit lint types pytest nightly bench bench-quick lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "modelroots needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "No venv module beside $(PYTHON). On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@$(BIN)/python -m compileall -q crawler store jobs  # as pip does, except for what is editable
	@touch $@

demo: setup
	@$(BIN)/modelroots demo

test: lint types pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint Dockerfile
	$(BIN)/yamllint --strict --config-file .yamllint docker-compose.yml

types: setup
	$(BIN)/mypy

pytest: setup
	$(BIN)/pytest --numprocesses auto --dist loadfile

# Every promise whole, an hour or so on two cores, 2 GB of memory and 3 GB of temporary files; docs/reliability.md then
# says what was tried and what came of it.
soak: setup
	MODELROOTS_SOAK=1 MODELROOTS_RELIABILITY=docs/reliability.md \
		$(BIN)/pytest tests/reliability tests/crawler/test_fuzz.py --numprocesses auto --dist loadfile --durations 40

# docs/at-scale.md in DuckDB and PySpark (450 MB, not part of `make test`), over snapshots of a larger generated Hub.
test-scale: setup
	@java -version >/dev/null 2>&1 || \
		{ echo "PySpark wants Java 17. On Debian or Ubuntu: apt-get install openjdk-17-jre-headless"; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check "pyspark>=4,<5"
	SCALE_MODELS=50000 $(BIN)/pytest tests/scale

# The locked versions against published advisories. A version with known ones is asked for first: where the index tells none
# of it, or cannot be reached, nothing was audited, and that is said. pip-audit has a .venv of its own, for it pins much.
AUDIT := $(VENV)/audit/bin/pip-audit --no-deps --disable-pip --progress-spinner off
audit: setup
	@test -x $(VENV)/audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)/audit && \
		$(VENV)/audit/bin/pip install --quiet --disable-pip-version-check "pip-audit>=2.9,<3"; }
	@echo "jinja2==2.10" > $(VENV)/audit/known.txt
	@$(AUDIT) --format json --requirement $(VENV)/audit/known.txt 2>/dev/null | grep -q CVE-2019-10906 || \
		{ echo "No advisory database can be reached from here: nothing was audited."; exit 1; }
	$(AUDIT) --requirement requirements.lock

nightly: setup
	$(BIN)/modelroots nightly

# At the size of the live Hub: some 25 minutes, 3 GB of memory and 10 GB of temporary files.
bench: setup
	$(BIN)/python -m benchmarks

bench-quick: setup
	$(BIN)/python -m benchmarks --models 250000 --rounds 1

# Names and versions only: which index they come from is the machine's affair.
lock:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade --editable '.[dev]'
	$(BIN)/pip freeze --exclude-editable > requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
