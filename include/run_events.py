"""What a run of the DAG tells who watches it, as `make demo` does: events, a line of JSON each.

They are appended to the file or pipe that a variable names. Where nobody set it nothing is told.

| event | fields |
|---|---|
| `ready`, to run the DAG | |
| `task_began` | `task`: its id |
| `task_ended` | `task`; `error`: what it says of its failure, else null |
| `node_ended`, of dbt | `number` of `total`; `result`: OK, ERROR, FAIL, WARN; `name`; `seconds` |
| `note`, that people should read | `text` |
"""

import json
import os
from contextlib import suppress

VARIABLE = "RUN_EVENTS"
"""Of the environment: the path."""


def tell(event: str, **fields: str | float | None) -> None:
    """Tell of an event; a watcher who has gone away stops no run."""
    if path := os.environ.get(VARIABLE):
        with suppress(OSError), open(path, "a", encoding="utf-8") as events:  # noqa: PTH123 - a pipe
            events.write(json.dumps({"event": event, **fields}) + "\n")
