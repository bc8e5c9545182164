"""The whole line once, end to end: the weekly DAG run by Airflow, from raw shop data to report.

No Docker, no account: Postgres is embedded, and without a connection `telegram` the report is
written to `out/`.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from include import command_line, run_events
from include.airflow import environment
from include.airflow.as_of import LATEST, AsOf
from include.connections import from_environment
from include.errors import UserError
from include.paths import DBT_PROJECT, LOCAL, OUT, PROJECT, absolute
from include.report.preview import FILES, WEEK_PAGE
from include.schemas import schema
from include.settings import DEMO_SHOP, SALES_FORM, Settings, load_settings
from include.shop_data import DEMO_AS_OF
from include.warehouse import embedded

LOG = LOCAL / "demo.log"
STEPS = {
    "get_shop_data": "The shop's data",
    "shop.dbt_build": "dbt build, up to the facts",
    "fit_churn_model": "Churn model",
    "marts.dbt_build": "dbt build, the rest",
    "marts.dbt_ecommerce_test": "Data tests",
    "send_report": "Report",
}

app = typer.Typer(add_completion=False)


@app.command(help=__doc__)
def demo(
    source: Annotated[str, typer.Option(help="A folder of dbt_ecommerce/models/staging.")] = "",
    data: Annotated[str, typer.Option(help="Folder with the shop's files.")] = "",
    as_of: Annotated[str, typer.Option(help="YYYY-MM-DD or `latest`.")] = "",
) -> None:
    """Run the weekly DAG once and show its report."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # to clean up
    began = time.monotonic()
    settings = _settings(source, data)
    of_source = AsOf(DEMO_AS_OF) if settings.shop_sources == [DEMO_SHOP] else LATEST
    of_run = AsOf.parse(as_of) if as_of else of_source

    LOCAL.mkdir(exist_ok=True)
    LOG.write_bytes(b"")
    was_running = embedded.status() is not None
    try:
        with _step("Postgres"):
            env = environment.variables(settings)
        with ExitStack() as stack:
            with _step("Airflow's tables and the dbt project"):
                if not environment.was_prepared():
                    environment.prepare(settings, env, LOG, "parse")
                airflow, events = stack.enter_context(_airflow(env, of_run))
                environment.prepare(settings, env, LOG)
                _wait_until_ready(events)
            for left_over in (*FILES, "alert.txt"):
                (OUT / left_over).unlink(missing_ok=True)
            _run_dag(airflow, events)
        _show_report(began)
    finally:
        if not was_running:
            embedded.stop()


def _settings(source: str, data: str) -> Settings:
    settings, given = load_settings(), dict[str, object]()
    if data:
        folder = absolute(data, Path.cwd()).resolve()
        given["shop_data"] = folder
        if not source and settings.shop_sources == [DEMO_SHOP]:
            source = _source_of(folder)
    if source:
        given["shop_sources"] = [source]
    settings = settings.model_copy(update=given)
    _check_files(settings)
    return settings


def _source_of(folder: Path) -> str:
    """Whose files lie in a folder; nobody has said so."""
    from include.warehouse.known import known_source

    source, found = known_source(folder, DBT_PROJECT)
    for called, paths in found.items():
        print(f"Found {called}: {', '.join(path.name for path in paths)}")
    page = f"docs/{source.replace('_', '-')}.md"
    told = page if (PROJECT / page).exists() else f"dbt_ecommerce/models/staging/{source}"
    print(f"The source is {source}: {told} tells what counts as what.\n", flush=True)
    return source


def _check_files(settings: Settings) -> None:
    """Find out before anything starts that a source or its files are not there."""
    from include.sync.sources import declared_sources
    from include.warehouse.declared import declared_tables
    from include.warehouse.files import data_files

    without_files = {DEMO_SHOP, SALES_FORM, *declared_sources()}
    for source in settings.shop_sources:
        if source not in without_files:
            declared_tables(source, DBT_PROJECT)
            data_files(settings.data_folder(source))


@contextmanager
def _airflow(
    env: dict[str, str], as_of: AsOf
) -> Iterator[tuple["subprocess.Popen[str]", Iterable[str]]]:
    """Airflow's process, which runs the DAG when it is told to, and what that run tells."""
    conf = json.dumps({"as_of_date": str(as_of)})
    read, write = os.pipe()
    with (
        open(read, encoding="utf-8") as events,  # noqa: PTH123 - no path
        LOG.open("ab") as log,
        subprocess.Popen(
            [sys.executable, "scripts/dags_test.py", "ecommerce_churn", conf],
            env=env | {run_events.VARIABLE: f"/dev/fd/{write}"},
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=[write],
        ) as airflow,
    ):
        os.close(write)  # so that the events end with the process
        yield airflow, events


def _wait_until_ready(events: Iterable[str]) -> None:
    for line in events:
        if json.loads(line)["event"] == "ready":
            return
    raise UserError(f"Airflow could not be started, or `dbt parse` failed: see the end of {LOG}.")


def _run_dag(airflow: "subprocess.Popen[str]", events: Iterable[str]) -> None:
    """Let Airflow run the DAG, and show how far it is."""
    assert airflow.stdin is not None  # noqa: S101 - for mypy
    print("The weekly DAG, run by Airflow:")
    try:
        airflow.stdin.write("\n")
        airflow.stdin.close()
        failure = _show_progress(map(json.loads, events))
    except BaseException:
        airflow.terminate()
        raise
    if airflow.wait() != 0:
        raise UserError(f"{failure or 'The run failed.'}\nThe whole log: {LOG}")


def _show_progress(events: Iterable[dict[str, Any]]) -> str:
    """Say which step has begun or ended and what dbt has built; return why a task failed last."""
    began: dict[str, float] = {}
    failure = ""
    for event in events:
        step = STEPS.get(event.get("task", ""))
        match event["event"]:
            case "task_began" if step:
                began[step] = time.monotonic()
                print(f"  {step} …", flush=True)
            case "task_ended":
                if step:
                    _say(f"  {step}", time.monotonic() - began.get(step, time.monotonic()))
                failure = (event["error"] or failure).partition("\n")[0]
            case "node_ended":
                done = f"    {event['number']:>3}/{event['total']} {event['result']:<5}"
                _say(f"{done} {event['name']}", event["seconds"])
            case "note":
                print(f"    {event['text']}", flush=True)
    return failure


def _show_report(began: float) -> None:
    if from_environment("telegram"):
        print("\nThe report was sent to Telegram.\n")
        _say("Done", time.monotonic() - began)
    else:
        print(f"\n{(OUT / 'report.txt').read_text(encoding='utf-8')}")
        _say("Done", time.monotonic() - began)
        print(f"The report as it looks in Telegram: {OUT / 'report.html'}")
        print(f"The week as one page, with charts:   {OUT / WEEK_PAGE}")
    totals = f"'select * from {schema('marts')}.rpt_shop_totals'"  # noqa: S608
    print(f"The tables behind it:                uv run python scripts/warehouse.py query {totals}")
    print("Airflow with its task graph:         make up")


@contextmanager
def _step(name: str) -> Iterator[None]:
    began = time.monotonic()
    print(f"{name} …", flush=True)
    yield
    _say(name, time.monotonic() - began)


def _say(text: str, seconds: float) -> None:
    print(f"{text[:70]:<70}{seconds:6.1f} s", flush=True)


if __name__ == "__main__":
    command_line.run(app)
