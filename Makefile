# Two commands do everything on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.
SHELL := /bin/bash
# The first that runs and is new enough: a name on the path may be a shim that leads nowhere.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
HOME_DIR ?= .shuyuan
export SHUYUAN_HOME := $(HOME_DIR)
export GX_ANALYTICS_ENABLED := False

.PHONY: help demo test check dev bench lock setup setup-dev unit clean browser

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# --- setting up: done once, and again when a lock changes ---------------------------------------------------------

$(VENV)/made:
	@test -n "$(PYTHON)" \
	  || { echo "需要 Python 3.11 或更高版本 Python 3.11 or newer is needed (or say make PYTHON=/path/to/python3)"; exit 1; }
	@echo "· 建立虚拟环境 making $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { echo "请安装 venv：apt-get install python3-venv"; exit 1; }
	@touch $@

# The locks are complete and hashed: nothing is resolved, so nothing but what stands there is installed.
$(VENV)/runtime: requirements.lock pyproject.toml | $(VENV)/made
	@echo "· 安装依赖 installing the locked packages (minutes at the first time)"
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/developer: requirements-dev.lock $(VENV)/runtime
	@echo "· 安装测试工具 installing the test tools"
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/runtime  ## make .venv with what the product needs
setup-dev: $(VENV)/developer  ## and what its tests need

# --- the main job ---------------------------------------------------------------------------------------------------

demo: $(VENV)/runtime  ## simulate a city and run the whole flow (PERSONS=100000 SEED=2026)
	@$(BIN)/shuyuan demo --home $(HOME_DIR) $(if $(PERSONS),--persons $(PERSONS)) $(if $(SEED),--seed $(SEED))

dev: $(VENV)/runtime  ## open Dagster on the demo home
	@$(BIN)/python -m assets.dev --home $(HOME_DIR)

# --- proving it -----------------------------------------------------------------------------------------------------

check: $(VENV)/developer  ## lint, types, layers, generated files unchanged
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports
	@$(BIN)/python -m catalog.schema --check
	@$(BIN)/python -m quality.tickets.diagram --check
	@$(BIN)/python -m catalog.states_page --check
	@$(BIN)/python docs/conformance_page.py --check

# The tests of the desk walk through it in Debian's own Chromium; playwright's is not fetched. A machine without it can do all the rest.
browser:  ## Chromium and Chinese fonts for the tests of the desk, where they are missing (Debian, as root)
	@missing=""; \
	  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="chromium"; \
	  fc-list :lang=zh 2>/dev/null | grep -q . || missing="$$missing fonts-noto-cjk"; \
	  if [ -z "$$missing" ]; then exit 0; fi; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "· 安装浏览器与中文字体 installing $$missing"; \
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; } >/dev/null 2>&1 \
	      || echo "· 未能安装 could not install $$missing：办理台的浏览器测试将不运行 the tests of the desk in the browser will not run"; \
	  else \
	    echo "· 缺少 missing $$missing：浏览器测试将标为 NOT RUN；请以 root 运行 make browser，或 apt-get install $$missing"; \
	    echo "  the tests of the desk in the browser will say NOT RUN; run make browser as root, or apt-get install $$missing"; \
	  fi

# A file of tests stays in one process, because its fixtures build a city once; the order of the files is kept (tests/conftest.py).
SPREAD ?= -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: check browser  ## check, then every test, one process for each core (PYTEST_ARGS=... for more)
	@$(BIN)/python -m pytest $(SPREAD) $(PYTEST_ARGS)

unit: $(VENV)/developer  ## the quick tests only
	@$(BIN)/python -m pytest tests/unit tests/spec -q

bench: $(VENV)/developer  ## benchmarks against the floor (PERSONS=2000000)
	@$(BIN)/python benchmarks/run.py $(if $(PERSONS),--persons $(PERSONS))
	@$(BIN)/python benchmarks/loop.py $(if $(PERSONS),--persons $(PERSONS))
	@$(BIN)/python benchmarks/formats.py
	@$(BIN)/python benchmarks/flow.py $(if $(PERSONS),--persons $(PERSONS))

lock:  ## write the locks anew (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --extra dev --extra sail -c requirements.lock --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q -o requirements-dev.lock

clean:  ## remove the demo home
	rm -rf $(HOME_DIR)
