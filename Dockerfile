# Runtime 3.3-8 is Airflow 3.3.2. Python 3.13 is named because the image's default, 3.14, is one
# that dbt-core 1.11 cannot be imported on.
FROM astrocrpublic.azurecr.io/runtime:3.3-8-python-3.13

# By now the base image has installed packages.txt and requirements.txt and copied the project.
ENV AIRFLOW__COSMOS__ENABLE_TELEMETRY=False \
    AIRFLOW__COSMOS__DBT_DOCS_PROJECTS='{"ecommerce": {"dir": "/usr/local/airflow/dbt_ecommerce/target", "name": "dbt docs"}}' \
    DBT_SEND_ANONYMOUS_USAGE_STATS=false

# As in include/airflow/environment.py: a slow or absent API server costs minutes, not the run.
ENV AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT=60 \
    AIRFLOW__WORKERS__EXECUTION_API_RETRIES=15 \
    AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MIN=2 \
    AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX=30 \
    AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT=120 \
    AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT=300

# Cosmos draws the task graph from the manifest that the first writes; the second adds the page around
# it that Airflow's menu opens. Neither needs a database.
RUN dbt parse --project-dir dbt_ecommerce --profiles-dir dbt_ecommerce
RUN dbt docs generate --empty-catalog --no-compile --project-dir dbt_ecommerce --profiles-dir dbt_ecommerce
