# What a contributor types. `make` alone says what there is.

.DEFAULT_GOAL := help
.PHONY: help test test-long bench bench-steps demo lint screenshots deps system-deps timed-format timed-clippy timed-deny timed-tests

SHELL := /bin/bash
NPM_INSTALL := npm ci --omit=dev --no-audit --no-fund --loglevel=error
NPM_FOLDERS := $(patsubst %/package-lock.json,%,$(wildcard tests/*/package-lock.json tests/clients/*/package-lock.json))
NPM_STAMPS := $(addsuffix /node_modules/.stamp,$(NPM_FOLDERS))
PYTHON_STAMPS := $(patsubst %/requirements.txt,%/.venv/.stamp,$(wildcard tests/clients/*/requirements.txt))
# The first Python that can make a virtual environment; looked for when it is needed.
PYTHON = $(shell for python in python3 /usr/bin/python3; do \
	$$python -c 'import ensurepip, venv' 2>/dev/null && echo $$python && break; done)

# Runs a command, shows how long it took, and keeps its result.
timed = @start=$$SECONDS; echo "== $(1)"; $(2); code=$$?; echo "== $(1): $$((SECONDS - start)) s"; exit $$code

help: ## say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | column -ts "$$(printf '\t')"

test: ## everything a change must pass: format, clippy, all tests
	@start=$$SECONDS; for part in deps timed-format timed-clippy timed-deny timed-tests; do \
		$(MAKE) --no-print-directory $$part || { echo "== failed in $$part after $$((SECONDS - start)) s"; exit 1; }; \
	done; echo "== everything passed in $$((SECONDS - start)) s"

test-long: deps ## the same tests and those too slow for every change
	cargo test --lib --tests -- --include-ignored

bench: ## the benchmarks, kept in BENCHMARKS.md; FIGURE=page takes some, PROFILE=quick builds faster
	cargo bench $(if $(PROFILE),--profile $(PROFILE)) --bench figures -- $(FIGURE) $(if $(FIGURE)$(PROFILE),,--keep) $(OPTIONS)

bench-steps: ## the small figures: the steps of a page and of a login by themselves
	cargo bench $(if $(PROFILE),--profile $(PROFILE)) --bench steps

demo: ## the whole product on this machine, with sample organizations
	cargo run -- demo

lint: timed-format timed-clippy timed-deny ## format, clippy, licences

screenshots: deps ## pictures of the pages, in target/screenshots
	cargo test --test gateway -- chromium screenshot
	@ls target/screenshots

timed-format:
	@cargo fmt --version >/dev/null 2>&1 || { echo "rustfmt is missing: rustup component add rustfmt"; exit 1; }
	$(call timed,format,cargo fmt --check)

timed-clippy:
	@cargo clippy --version >/dev/null 2>&1 || { echo "clippy is missing: rustup component add clippy"; exit 1; }
	$(call timed,clippy,cargo clippy --all-targets -- -D warnings)

timed-deny:
	@if ! cargo deny --version >/dev/null 2>&1; then echo "== licences: skipped, cargo-deny is not installed"; exit 0; fi; \
	cargo deny check

timed-tests:
	$(call timed,tests,cargo test --lib --tests)

deps: ## install what the tests need and is missing
	$(call timed,system packages,$(MAKE) --no-print-directory system-deps)
	$(call timed,npm packages,$(MAKE) --no-print-directory $(NPM_STAMPS))
	$(call timed,Python packages,$(MAKE) --no-print-directory $(PYTHON_STAMPS))

# The command that must exist, and Debian's package that brings it.
PACKAGES := chromium=chromium chromedriver=chromium-driver psql=postgresql node=nodejs npm=npm curl=curl gcc=gcc cmake=cmake

system-deps:
	@missing=; for pair in $(PACKAGES); do \
		command -v $${pair%%=*} >/dev/null || missing="$$missing $${pair#*=}"; \
	done; \
	[ -n "$$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || missing="$$missing postgresql"; \
	[ -n "$(PYTHON)" ] || missing="$$missing python3 python3-venv"; \
	[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing="$$missing fonts-dejavu-core"; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		mkdir -p target && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >target/apt.log 2>&1 || \
			{ cat target/apt.log; exit 1; }; \
		echo "installed:$$missing"; \
	else \
		echo "Missing here. On Debian: sudo apt-get install$$missing"; exit 1; \
	fi

%/node_modules/.stamp: %/package-lock.json %/package.json
	cd $* && $(NPM_INSTALL)
	@touch $@

%/.venv/.stamp: %/requirements.txt
	rm -rf $*/.venv
	$(PYTHON) -m venv $*/.venv
	$*/.venv/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@
