# `make run` and `make test` need Python 3.11 or later and nothing else; see README.md.
.PHONY: run test security bench clean lock setup

run: setup
	@.venv/bin/python -m baobab.runtime run

# Further arguments for pytest: make test ARGS="-k pricing"
test: setup
	@.venv/bin/python -m baobab.runtime test $(ARGS)

# The isolation matrix and the attacks, with a report of what was tried, refused and leaked.
security: setup
	@.venv/bin/python -m baobab.runtime security

# The figures of the README, on the durable servers of `make run`; wants a quiet machine.
bench: setup
	@eval "$$(.venv/bin/python -m baobab.runtime services)" && .venv/bin/python -m benchmarks

# The first Python that is recent enough makes .venv; PYTHON=/path/to/python chooses another.
setup:
	@for python in $(PYTHON) python3.11 python3 python3.12 python3.13 python3.14; do \
	    if "$$python" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        exec "$$python" -I -B platform/baobab/runtime/bootstrap.py; \
	    fi; \
	done; \
	echo "Python 3.11 or later is needed, and was not found. On Debian or Ubuntu: apt-get install python3 python3-venv" >&2; \
	exit 1

# Deletes the database, mail and everything else `make run` made.
clean:
	@if [ -d .data ] && [ -x .venv/bin/python ]; then .venv/bin/python -m baobab.runtime clean; fi
	@rm -rf .data .venv staticfiles .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@find . -name '*.mo' -path '*/LC_MESSAGES/*' -delete

# Pins the newest versions that pyproject.toml allows; needs uv.
COMPILE = uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
	--python-version 3.11 --quiet --upgrade
lock:
	@command -v uv >/dev/null || { echo "This needs uv: https://docs.astral.sh/uv/" >&2; exit 1; }
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --constraint requirements.lock --extra dev --output-file requirements-dev.lock
