# Every target that needs Python first makes sure of .venv; a second run of that takes no time.
PYTHON_BIN = .venv/bin/python
.DEFAULT_GOAL = help
.PHONY: help demo demo-reset run test test-quick soak faults check fix bench bench-quick screenshots lock advisories run-env dev-env bench-env

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 14

run-env:
	@scripts/setup run
dev-env:
	@scripts/setup dev
bench-env:
	@scripts/setup bench

demo: run-env ## everything on this machine, with demo data; Ctrl-C ends it
	@$(PYTHON_BIN) -m partnerhub.supervisor demo
demo-reset: run-env ## forget the demo's data
	@$(PYTHON_BIN) -m partnerhub.supervisor reset
run: run-env ## web, worker and beat on what the environment names
	@$(PYTHON_BIN) -m partnerhub.supervisor run

test: ## everything: lint, types, PostgreSQL, broker, browser, SQLite
	@scripts/test
test-quick: dev-env ## the inner loop: PostgreSQL, no browser
	@$(PYTHON_BIN) -m pytest -n 2 -m "not browser" -q
soak: ## full race rounds, long state machines, load and timings
	@scripts/soak
faults: dev-env ## plant faults into rule, guards and mail; after how many steps each is found
	@$(PYTHON_BIN) -m tests.planted
	@SOAK=1 $(PYTHON_BIN) -m pytest -q tests/stateful/test_faults.py tests/stateful/test_mail_faults.py
check: dev-env ## lint, types, layers, templates, migrations, deploy check
	@scripts/check
fix: dev-env ## format, and mend what can be mended
	@$(PYTHON_BIN) -m ruff check --fix . ; $(PYTHON_BIN) -m ruff format .

bench: bench-env ## the measurements, full size; also var/bench.json
	@$(PYTHON_BIN) -m benchmarks
bench-quick: bench-env ## the measurements, small
	@$(PYTHON_BIN) -m benchmarks --quick
screenshots: ## pages at 1280 and 390 pixels into var/screenshots
	@scripts/screenshots

lock: dev-env ## write requirements/*.txt anew from pyproject.toml
	@scripts/lock
advisories: bench-env ## known holes in the locked versions, and newer releases
	@$(PYTHON_BIN) scripts/advisories
