"""The whole line once, end to end: the weekly DAG run by Airflow, from raw shop data to report.

No Docker, no account: Postgres is embedded, and without a connection `telegram` the report is
written to `out/`.
"""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from include import command_line
from include.airflow import environment
from include.airflow.as_of import LATEST, AsOf
from include.connections import from_environment
from include.errors import UserError
from include.paths import DBT_PROJECT, LOCAL, OUT, PROJECT, absolute
from include.report.preview import FILES
from include.settings import DEMO_SHOP, Settings, load_settings
from include.shop_data import DEMO_AS_OF
from include.warehouse import embedded
from include.warehouse.load_files import NOTE

LOG = LOCAL / "demo.log"
STEPS = {
    "get_shop_data": "The shop's data",
    "shop.dbt_build": "dbt build, up to the facts",
    "fit_churn_model": "Churn model",
    "marts.dbt_build": "dbt build, the rest",
    "marts.dbt_ecommerce_test": "Data tests",
    "send_report": "Report",
}
TASK = re.compile(r"\[DAG TEST\] (?P<what>starting|end)(?: task)? task_id=(?P<task>\S+)")
NODE = re.compile(
    r"(?P<done>\d+) of (?P<all>\d+) (?P<result>OK|ERROR|WARN|FAIL|PASS) ?\S* (?P<name>.+?) \.\.+ "
    r".* in (?P<seconds>[\d.]+)s"
)
WAITING = re.compile(r"\S+ has had the turn to build .+? This run waits\.")
FAILURE = re.compile(r"^(?:airflow|cosmos)[\w.]*\.\w+(?:Exception|Error): (.+)", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[\d*m")

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
            airflow = None
            with _step("Airflow's tables and the dbt project"):
                if environment.was_prepared():
                    airflow = stack.enter_context(_airflow(env, of_run))
                environment.prepare(settings, env, LOG)
            for left_over in (*FILES, "alert.txt"):
                (OUT / left_over).unlink(missing_ok=True)
            _run_dag(airflow or stack.enter_context(_airflow(env, of_run)))
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
    page = f"docs/{source}.md"
    told = page if (PROJECT / page).exists() else f"dbt_ecommerce/models/staging/{source}"
    print(f"The source is {source}: {told} tells what counts as what.\n", flush=True)
    return source


def _check_files(settings: Settings) -> None:
    """Find out before anything starts that a source or its files are not there."""
    from include.sync.sources import declared_sources
    from include.warehouse.declared import declared_tables
    from include.warehouse.files import data_files

    without_files = {DEMO_SHOP, *declared_sources()}
    for source in settings.shop_sources:
        if source not in without_files:
            declared_tables(source, DBT_PROJECT)
            data_files(settings.data_folder(source))


def _airflow(env: dict[str, str], as_of: AsOf) -> "subprocess.Popen[str]":
    """Airflow's process, which runs the DAG when it is told to."""
    conf = json.dumps({"as_of_date": str(as_of)})
    return subprocess.Popen(
        [sys.executable, "scripts/dags_test.py", "ecommerce_churn", conf],
        env=env,
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def _run_dag(airflow: "subprocess.Popen[str]") -> None:
    """Let Airflow run the DAG, and translate its log into progress."""
    assert airflow.stdin is not None  # noqa: S101 - for mypy
    assert airflow.stdout is not None  # noqa: S101
    print("The weekly DAG, run by Airflow:")
    with LOG.open("a") as log:
        try:
            airflow.stdin.write("\n")
            airflow.stdin.close()
            for line in _echo_progress(airflow.stdout):
                log.write(line)
        except BaseException:
            airflow.terminate()
            raise
    if airflow.wait() != 0:
        why = FAILURE.findall(LOG.read_text())
        raise UserError(f"{why[-1] if why else 'The run failed.'}\nThe whole log: {LOG}")


def _echo_progress(lines: Iterable[str]) -> Iterator[str]:
    """Pass the log on, and say which step has begun or ended and which models are built."""
    started: dict[str, float] = {}
    for line in lines:
        yield line
        plain = COLOURS.sub("", line)
        if (task := TASK.search(plain)) and (step := STEPS.get(task["task"])):
            if task["what"] == "starting":
                started[step] = time.monotonic()
                print(f"  {step} …", flush=True)
            else:
                _say(f"  {step}", time.monotonic() - started[step])
        elif waiting := WAITING.search(plain):
            print(f"    {waiting.group()}", flush=True)
        elif line[:1] != "{" and (node := NODE.search(plain)) and _is_worth_a_line(node):
            done = f"    {node['done']:>3}/{node['all']} {node['result']:<5} {node['name']}"
            _say(done, float(node["seconds"]))
        elif plain.startswith(NOTE):  # of a load
            print(f"    {plain.rstrip()}", flush=True)


def _is_worth_a_line(node: re.Match[str]) -> bool:
    """Models, seeds and tests that failed; neither the many that passed nor dbt's hooks."""
    return node["result"] != "PASS" and "on-run-start" not in node["name"]


def _show_report(began: float) -> None:
    if from_environment("telegram"):
        print("\nThe report was sent to Telegram.\n")
        _say("Done", time.monotonic() - began)
    else:
        print(f"\n{(OUT / 'report.txt').read_text(encoding='utf-8')}")
        _say("Done", time.monotonic() - began)
        print(f"The report as it looks in Telegram: {OUT / 'report.html'}")
    print(
        "The tables behind it:                "
        "uv run python scripts/warehouse.py query 'select * from marts.rpt_shop_totals'"
    )
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
