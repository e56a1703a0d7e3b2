# All that is done in a checkout: `make check` judges pools, `make test` proves that the judge is just.
# Needs CPython 3.11 or newer, pip and make; everything else is installed into .venv.

PYTHON ?= python3
POOL ?=
ARGS ?=

ready := .venv/.ready
pip := .venv/bin/python -m pip -qq --disable-pip-version-check

.PHONY: check test quick-test soak bench spec twins clean help
.DEFAULT_GOAL := check

ifeq ($(strip $(POOL)),)
check: $(ready)
	@echo 'redis:BlockingConnectionPool, which is known to break clauses:'
	@.venv/bin/poolproof check redis:BlockingConnectionPool $(ARGS) \
	  || { status=$$?; [ $$status -eq 1 ] || exit $$status; }
	@echo
	@echo 'poolproof.reference_pool:ConnectionPool, which may break none:'
	@.venv/bin/poolproof check poolproof.reference_pool:ConnectionPool $(ARGS)
else
check: $(ready)
	@.venv/bin/poolproof check '$(POOL)' $(ARGS)
endif

define lint
.venv/bin/ruff check --quiet
.venv/bin/ruff format --check --quiet
.venv/bin/lint-imports --no-cache --no-logo
.venv/bin/mypy
endef

test: $(ready)
	$(lint)
	.venv/bin/pytest -n 4 --dist loadgroup

# What catches most mistakes, in less than two minutes.
quick := spec reference_pool conformance/engines conformance/counterexample conformance/report \
  conformance/test_no_false_alarms.py culprits test_documents.py test_pasted_reports.py test_twins.py

quick-test: $(ready)
	$(lint)
	.venv/bin/pytest -n 4 --dist loadgroup -m 'not thorough' $(addprefix tests/,$(quick))

soak: $(ready)
	@.venv/bin/python tests/soak.py $(ARGS)

bench: $(ready)
	@PYTHONPATH=tests .venv/bin/python tests/benchmarks/pool.py
	@echo
	@PYTHONPATH=tests .venv/bin/python tests/benchmarks/asyncio_pool.py
	@echo
	@PYTHONPATH=tests .venv/bin/python tests/benchmarks/schedules.py
	@echo
	@PYTHONPATH=tests .venv/bin/python tests/benchmarks/loop_runs.py
	@echo
	@PYTHONPATH=tests .venv/bin/python tests/benchmarks/cancelled_command.py

# By way of another file: a generator that fails must not leave half a specification.
spec: $(ready)
	@.venv/bin/python -m poolproof.spec > spec/README.md.new || { rm spec/README.md.new; exit 1; }
	@mv spec/README.md.new spec/README.md

# The tests for threads that say the same as those for asyncio.
twins: $(ready)
	@.venv/bin/python tests/twins.py

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:
	@echo 'make check                    judge the pool of redis-py and the reference pool'
	@echo 'make check POOL=module:Name   judge this pool; ARGS="--budget quick" passes options on'
	@echo 'make test                     linter, imports, types and tests'
	@echo 'make quick-test               what catches most mistakes, in two minutes'
	@echo 'make soak                     judge every sound pool at length; ARGS="--busy" keeps all cores busy'
	@echo 'make bench                    compare the speed of the pools, and measure what judges them'
	@echo 'make spec                     write spec/README.md anew from the clauses'
	@echo 'make twins                    write tests for threads anew from those for asyncio'
	@echo 'make clean                    remove .venv and whatever else was made'
	@echo 'PYTHON=python3.12             names the Python to make .venv with'

# The environment is made without its own pip, because Debian's Python cannot give it one unless
# python3-venv is installed; the pip that is there can.
$(ready): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'poolproof needs CPython 3.11 or newer, and "$(PYTHON)" is not:' \
	    "$$($(PYTHON) --version 2>&1 | head -n 1)." 'Name another: make PYTHON=python3.12' >&2; \
	  exit 1; }
	@echo 'Setting up .venv: this takes a minute, once.' >&2
	@$(PYTHON) -m venv --without-pip .venv
	@$(PYTHON) -m pip -qq --disable-pip-version-check --python .venv/bin/python \
	  install --upgrade 'pip>=25.1'
	@$(pip) install --editable . --group dev
	@touch $@
