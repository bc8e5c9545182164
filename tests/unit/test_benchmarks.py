"""What a benchmark reads of the developer's: nothing."""

import json
import os
import sys

from include.paths import PROJECT
from tests.support.project_copy import run

LOOK = """
import json, os
import benchmarks.measure
from include.connections import from_environment
from include.settings import load_settings
print(json.dumps([bool(from_environment("telegram")), load_settings().demo_customers]))
print(os.environ.get("PYTHON_DOTENV_DISABLED"))
"""


def test_it_knows_no_chat_and_no_setting_of_the_developer() -> None:
    env = {
        **{name: value for name, value in os.environ.items() if name != "PYTHON_DOTENV_DISABLED"},
        "PYTHONPATH": str(PROJECT),
        "AIRFLOW_CONN_TELEGRAM": "telegram://:123456789%3AToken@-1001234567890",
        "DEMO_CUSTOMERS": "7",
    }
    done = run([sys.executable, "-c", LOOK], PROJECT, env)
    seen, without_dotenv = done.stdout.splitlines()
    assert json.loads(seen) == [False, 1000]
    assert without_dotenv == "1"
