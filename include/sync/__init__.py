"""Declared sources into `landing`, with dlt."""

import os

# else dlt looks up each of its settings as a variable of Airflow's, which takes seconds
os.environ.setdefault("PROVIDERS__ENABLE_AIRFLOW_SECRETS", "false")
