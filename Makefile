# Two commands: `make demo` seeds a TERP database in a SQLite file, `make test` checks everything.
PYTHON ?= python3
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
DEBIAN := libmariadb-dev mariadb-server-core mariadb-client postgresql-15 procps pkg-config gcc libc6-dev python3-dev chromium
ENGINES := galera-4 pgbouncer pgpool2 haproxy
have = (for one in $(1); do command -v $$one || exit 1; done) >/dev/null

unexport DATABASE_URL ADMIN_DATABASE_URL SEEDING_ENV DJANGO_ENV NODE_ENV DJANGO_SETTINGS_MODULE
# The tests start hundreds of processes: none compiles the program again.
unexport PYTHONDONTWRITEBYTECODE
# What `make demo` sets up is the development default, whatever the shell's environment and `.env` say.
demo: export DATABASE_URL := sqlite:///$(CURDIR)/terp.sqlite3
demo: export ADMIN_DATABASE_URL := sqlite:///$(CURDIR)/admin.sqlite3
demo: export SEEDING_ENV := dev

.PHONY: bench clusters demo docs pictures projects test test-fast lint types checks contracts unit pytest newest matrix torture servers clean

demo: .venv/runtime
	@test -s terp.sqlite3 || $(MANAGE) terp_schema
	@$(MANAGE) migrate --verbosity=0
	@$(MANAGE) migrate --verbosity=0 --database=admin
	@SEEDING_LOG_LEVEL=warn $(MANAGE) seed --size=small
	@echo
	@echo "What to try next:"
	@echo "  $(MANAGE) seed --size=medium              ten times the data, the small rows stay"
	@echo "  $(MANAGE) seed --table=orders --size=medium --dry-run"
	@echo "                                                    what would be written, and example rows"
	@echo "  $(MANAGE) seed_check --invariants         whether all that must be true of the data is"
	@echo "  $(MANAGE) seed_rollback --dry-run         what a rollback would delete, and what it would keep"
	@echo "  $(MANAGE) createsuperuser --database=admin"
	@echo "  $(MANAGE) runserver                       the ledger, at http://127.0.0.1:8000/admin/"
	@! grep -Eqs '^[[:space:]]*(export[[:space:]]+)?(DATABASE_URL|SEEDING_ENV|DJANGO_ENV|NODE_ENV)=' .env || \
		printf '\n%s\n' "These go where .env says, which may be another database than the demo's terp.sqlite3."

test: servers .venv/development
	@$(MAKE) --no-print-directory lint types checks contracts docs pytest newest

# What needs no server, in less than a minute: before every commit.
test-fast: lint types contracts unit

unit: .venv/development
	$(BIN)/pytest --numprocesses=auto --dist=worksteal tests/unit

lint: .venv/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/development
	$(BIN)/mypy

checks: .venv/development
	$(MANAGE) check --fail-level WARNING

contracts: .venv/development
	$(BIN)/lint-imports

# The pages as a site, with a search and the API: build/docs/index.html. What leads nowhere is an error.
docs: .venv/docs
	$(BIN)/sphinx-build --quiet --fresh-env --nitpicky --fail-on-warning --keep-going --conf-dir docs --doctree-dir build/doctrees . build/docs

# Every kind of test: where there are cases for each server or table, a share of them (tests/support/share.py); TESTS=all for
# all. The measured ones must reach 80 % of the lines and branches of every module; measuring takes a third of their time, so that
# of `tests/safety` only those are measured that ALONE reach some.
ALONE := collated_masks rights sampled_values server
MEASURED := tests/unit tests/shop tests/integration tests/workers tests/clusters/test_dask.py tests/release/test_deprecated.py \
	$(ALONE:%=tests/safety/test_%.py)
pytest newest: export TESTS ?= share
pytest: .venv/development
	$(BIN)/pytest --numprocesses=auto --dist=worksteal --cov --cov-report= $(MEASURED)
	$(BIN)/python -m tests.coverage
	$(BIN)/pytest --numprocesses=auto --dist=worksteal $(MEASURED:%=--ignore=%)

# The fast tests on the newest Python and Django, and what speaks to a server through the oldest drivers and the others.
newest: servers .venv/development
	-@$(PYTHON) -m tests.debian python3.14
	$(BIN)/nox --session "fast(3.14-6.1)" drivers

# The whole suite on the oldest and the newest pair of Python and Django, the fast tests on every pair between: an hour.
matrix: servers .venv/development
	-@$(PYTHON) -m tests.debian python3.14
	$(BIN)/nox

# The pictures in docs/pictures, taken anew.
pictures: servers .venv/development
	$(BIN)/python -m tests.terminal
	PICTURES=1 $(BIN)/pytest tests/browser --numprocesses=0

# What takes an hour and more: a hundred schemas per server, hundreds of kills, many starts at once, a soak. TORTURE_KILLS=20 TORTURE_MINUTES=2 for a taste.
torture: export STORM_SCHEMAS ?= 100
torture: servers .venv/development
	$(BIN)/pytest tests/storm tests/torture --numprocesses=auto --dist=worksteal

# What `seed --auto` and drafts make of real projects, each in an environment of its own. PROJECTS=folder keeps them, and the results.
projects: .venv/development
	$(BIN)/python -m tests.projects

# What `make test` tests of clusters and poolers, and much more of it: fifty starts at once, twenty killed nodes. Half an hour.
clusters: export CLUSTERS := all
clusters: servers .venv/development
	$(BIN)/pytest tests/clusters --numprocesses=0 --timeout=3000

# The tests start a MariaDB, a PostgreSQL and a MySQL of their own, clusters, poolers and proxies; this sees to it that there are some to start.
servers:
	@if $(call have,mariadbd mariadb-dump mariadb_config pkg-config cc ps) && { command -v postgres || ls /usr/lib/postgresql/*/bin/postgres; } >/dev/null 2>&1; then :; \
	elif [ -f /etc/debian_version ] && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $(DEBIAN); \
	else \
		echo "The tests need MariaDB, with its client library, and PostgreSQL. On Debian, as root:" >&2; \
		echo "    apt-get install --no-install-recommends $(DEBIAN)" >&2; \
		echo "Elsewhere install what holds mariadbd, mariadb-install-db, mariadb-dump, mariadb_config, postgres, pkg-config, ps and a C compiler." >&2; \
		exit 1; \
	fi
	-@$(PYTHON) -m tests.debian mysql
	@{ test -e /usr/lib/galera/libgalera_smm.so && $(call have,pgbouncer pgpool haproxy); } || { test -f /etc/debian_version && \
		test "$$(id -u)" = 0 && apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $(ENGINES); } || \
		echo "There is no $(ENGINES): not every cluster, pooler and proxy will be tested." >&2
	@$(PYTHON) -m tests.browser 2>/dev/null || { test -f /etc/debian_version && test "$$(id -u)" = 0 && \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium; } || \
		echo "There is no Chromium: the admin will not be tested in a browser." >&2

.venv/runtime: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.txt
	@said=$$($(BIN)/pip --disable-pip-version-check check) || { echo "$$said" >&2; exit 1; }
	@touch $@

.venv/development: requirements-dev.txt .venv/runtime
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt
	@said=$$($(BIN)/pip --disable-pip-version-check check) || { echo "$$said" >&2; exit 1; }
	@touch $@

.venv/docs: requirements-docs.txt .venv/runtime
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-docs.txt
	@said=$$($(BIN)/pip --disable-pip-version-check check) || { echo "$$said" >&2; exit 1; }
	@touch $@

# How near `seed` is to the server's own LOAD DATA: docs/performance.md. It takes half an hour and wants the machine for itself.
bench: servers .venv/development
	$(BIN)/python -m tests.bench

clean:
	rm -rf .venv .nox build *.sqlite3 *.seeding.lock logs
