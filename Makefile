# Everything sets itself up in .venv: a fresh machine needs Python 3.11 and make, nothing else.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test check format lint types soak soak-columns spark test-spark bench clean

demo: $(READY)
	$(BIN)/policyengine check policies/yanzhou-2020-14
	$(BIN)/policyengine explain examples/装备升级.yaml
	$(BIN)/policyengine evaluate examples/共同体.yaml examples/不予支持.yaml examples/待补材料.yaml --explain none

test: $(READY) lint types
	$(BIN)/policyengine check policies/yanzhou-2020-14
	$(BIN)/policyengine test policies/yanzhou-2020-14
	$(BIN)/python -m pytest -n 2

check: test

lint: $(READY)
	$(BIN)/ruff check policyengine tests bench
	$(BIN)/ruff format --check policyengine tests bench

types: $(READY)
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix policyengine tests bench
	$(BIN)/ruff format policyengine tests bench

# Longer than CI: a million random cases against the oracle. Last figures are in docs/testing.md.
soak: $(READY)
	$(BIN)/python tests/soak.py

# Longer than CI by column: ten million projects against the oracle, 500,000 against the scalar way.
soak-columns: $(READY)
	$(BIN)/python tests/soak_columns.py

# Deciding by column with Spark, in an environment of its own (about 500 MB); needs Java 17.
spark: .spark/.ready

.spark/.ready: setup.cfg pyproject.toml requirements-dev.lock requirements-spark.lock
	$(PYTHON) -m venv .spark
	.spark/bin/python -m pip install --quiet --requirement requirements-dev.lock --requirement requirements-spark.lock
	.spark/bin/python -m pip install --quiet --no-deps --editable .
	@touch .spark/.ready

test-spark:
	@if command -v java >/dev/null 2>&1 || { [ -n "$$JAVA_HOME" ] && [ -x "$$JAVA_HOME/bin/java" ]; }; then \
		$(MAKE) --no-print-directory spark && .spark/bin/python -m pytest -n 0 -o "norecursedirs=.*" tests/spark; \
	else echo "没有 Java，Spark 的测试跳过 / skipped: Spark needs Java 17"; fi

# Ratios against other engines, in an environment of their own. Last figures are in bench/README.md.
bench: .bench/.ready
	.bench/bin/python -m bench.run

.bench/.ready: setup.cfg pyproject.toml requirements-dev.lock bench/requirements.txt
	$(PYTHON) -m venv .bench
	.bench/bin/python -m pip install --quiet --requirement requirements-dev.lock --requirement bench/requirements.txt
	.bench/bin/python -m pip install --quiet --no-deps --editable .
	@touch .bench/.ready

$(READY): setup.cfg pyproject.toml requirements-dev.lock
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "需要 Python 3.11：找不到 $(PYTHON)，可用 make PYTHON=python3 指定 / Python 3.11 is needed" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $(READY)

clean:
	rm -rf $(VENV) .bench .spark build dist *.egg-info
