# `make` finds uv, or puts it into a virtual environment of its own; uv does the rest.
UV := $(shell command -v uv || echo .uv/bin/uv)
RUN := $(UV) run --frozen --quiet
# what people run needs no test tools; those that are there stay
RUN_APP := $(RUN) --no-dev

CHECKED := .local/checked

.PHONY: help demo check-shop up down bot dashboard docs check ruff mypy deptry sqlfluff conventions test contracts nightly bench \
	bench-large requirements

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(UV) ## the weekly DAG once: shop data to report (SOURCE=… DATA=… AS_OF=…)
	@$(RUN_APP) python scripts/demo.py --source "$(SOURCE)" --data "$(DATA)" --as-of "$(AS_OF)"

check-shop: $(UV) ## one shop's files and models tried out in seconds (SOURCE=… DATA=…)
	@$(RUN_APP) python scripts/check_shop.py --source "$(SOURCE)" --data "$(DATA)"

up: $(UV) ## Airflow on localhost:8080 with the embedded Postgres, until `make down`
	@$(RUN_APP) python scripts/standalone.py up

down: $(UV) ## stop what `make up` started
	@$(RUN_APP) python scripts/standalone.py down

bot: $(UV) ## answers questions in the report's Telegram chats, until Ctrl-C
	@$(RUN_APP) python scripts/bot.py

dashboard: $(UV) ## pages to look at, a form and an API on localhost:8501, until Ctrl-C
	@$(RUN_APP) --group dashboard python scripts/dashboard.py

docs: $(UV) ## the dbt models and their lineage as one page, out/dbt_docs.html
	@$(RUN_APP) python scripts/dbt_docs.py

check: $(UV) ruff mypy deptry sqlfluff conventions ## style, types and the rules of the models; seconds where little changed

ruff: $(UV)
	$(RUN) ruff check
	$(RUN) ruff format --check

mypy: $(UV)
	$(RUN) mypy

deptry: $(UV) # what is imported is declared, and what is declared is used
	$(RUN) deptry .

sqlfluff: $(UV) $(CHECKED)/sqlfluff
conventions: $(UV) $(CHECKED)/conventions ## the rules of the dbt models, those of every source

# what was checked is not checked again until it, or what it is checked by, changes
SQL := $(shell find dbt_ecommerce/models dbt_ecommerce/tests -name '*.sql')
$(CHECKED)/sqlfluff: .sqlfluff uv.lock $(wildcard dbt_ecommerce/.sqlfluff_stubs/*.py) $(SQL)
	$(RUN) sqlfluff lint $(if $(filter-out %.sql,$?),$(SQL),$?)
	@mkdir -p $(@D) && touch $@

# folders too: they change where a file is deleted
$(CHECKED)/conventions: dbt-bouncer.yml uv.lock $(shell find dbt_ecommerce/* -path dbt_ecommerce/target -prune -o -print)
	$(RUN) dbt --quiet parse --project-dir dbt_ecommerce --profiles-dir dbt_ecommerce --target-path target/all_sources \
		--vars "{sources: [$$(ls dbt_ecommerce/models/staging | paste -sd, -)], hubspot_clinic: true, \
			hubspot_company_category_property: specialty}"
	$(RUN) dbt-bouncer run --show-all-failures
	@mkdir -p $(@D) && touch $@

test: $(UV) ## what to run before a commit: the checks, and beside them every test worth waiting for
	@mkdir -p $(CHECKED); $(MAKE) --no-print-directory check > $(CHECKED)/log 2>&1 & checks=$$!; \
	$(RUN) pytest -m "not nightly" --ignore tests/duckdb --ignore tests/spark; tests=$$?; \
	wait $$checks || { cat $(CHECKED)/log; exit 1; }; echo "make check: passed"; exit $$tests

# without our bounds, but for dbt's, which docs/DECISIONS.md has: what an upgrade would bring
NEWEST := .local/newest.txt
contracts: $(UV) ## what others do not document and we use, in the newest versions that resolve
	@mkdir -p .local && sed -nE '/^dependencies = \[/,/^\]/s/^ +"(dbt-[^"]+|[][a-z0-9-]+).*/\1/p' pyproject.toml > $(NEWEST)
	$(UV) run --isolated --no-project --with-requirements $(NEWEST) \
		--with filelock --with pytest --with pytest-timeout --with pytest-xdist python -m pytest -n0 tests/contracts

nightly: $(UV) ## the tests that take long: every kill, real shops, the image, DuckDB, Spark (wants Java 17)
	$(RUN) --group duckdb --group spark pytest -m nightly
	@$(MAKE) --no-print-directory contracts

bench: $(UV) ## the benchmarks, one after another, into out/bench.json
	@$(RUN) python benchmarks/all.py

bench-large: $(UV) ## ten million orders beside a million; half an hour, and 45 GB of disk
	@$(RUN) python benchmarks/ten_million.py

requirements: $(UV) ## export what the images install from uv.lock
	$(UV) export --quiet --frozen --no-dev --no-emit-project --no-hashes --no-annotate --prune apache-airflow --output-file requirements.txt
	$(UV) export --quiet --frozen --only-group dashboard --no-emit-project --no-hashes --no-annotate --output-file requirements-dashboard.txt

.uv/bin/uv:
	@echo "Installing uv into .uv …"
	@python3 -m venv .uv && .uv/bin/pip install --quiet --disable-pip-version-check uv
