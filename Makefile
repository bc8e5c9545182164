# `make` finds uv, or puts it into a virtual environment of its own; uv does the rest.
UV := $(shell command -v uv || echo .uv/bin/uv)
RUN := $(UV) run --frozen --quiet
# what people run needs no test tools; those that are there stay
RUN_APP := $(RUN) --no-dev

.PHONY: help demo up down bot docs check conventions test spark-test bench requirements

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(UV) ## the weekly DAG once: shop data to report (SOURCE=… DATA=… AS_OF=…)
	@$(RUN_APP) python scripts/demo.py --source "$(SOURCE)" --data "$(DATA)" --as-of "$(AS_OF)"

up: $(UV) ## Airflow on localhost:8080 with the embedded Postgres, until `make down`
	@$(RUN_APP) python scripts/standalone.py up

down: $(UV) ## stop what `make up` started
	@$(RUN_APP) python scripts/standalone.py down

bot: $(UV) ## answers questions in the report's Telegram chats, until Ctrl-C
	@$(RUN_APP) python scripts/bot.py

docs: $(UV) ## the dbt models and their lineage as one page, out/dbt_docs.html
	@$(RUN_APP) python scripts/dbt_docs.py

check: $(UV) ## style and types
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy
	$(RUN) sqlfluff lint dbt_ecommerce/models dbt_ecommerce/tests

conventions: $(UV) ## the rules of the dbt models, those of every source
	$(RUN) dbt --quiet parse --project-dir dbt_ecommerce --profiles-dir dbt_ecommerce --target-path target/all_sources \
		--vars "{sources: [$$(ls dbt_ecommerce/models/staging | paste -sd, -)]}"
	$(RUN) dbt-bouncer run --show-all-failures

test: check conventions ## every test but those of Spark
	$(RUN) dbt --quiet parse --project-dir dbt_ecommerce --profiles-dir dbt_ecommerce
	$(RUN) pytest --ignore tests/spark

spark-test: $(UV) ## the models on Spark compared with Postgres, row by row (wants Java 17; SHOP=demo_shop for one)
	$(RUN) --group spark pytest tests/spark $(if $(SHOP),-k $(SHOP))

bench: $(UV) ## the benchmarks, one after another, into out/bench.json
	@$(RUN) python benchmarks/all.py

requirements: $(UV) ## export requirements.txt from uv.lock
	$(UV) export --quiet --frozen --no-dev --no-emit-project --no-hashes --no-annotate --prune apache-airflow --output-file requirements.txt

.uv/bin/uv:
	@echo "Installing uv into .uv …"
	@python3 -m venv .uv && .uv/bin/pip install --quiet --disable-pip-version-check uv
