"""Brings the data of the active shops to where dbt reads it: the first step of the weekly run."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from include import run_events
from include.airflow.as_of import AsOf
from include.connections import Connection
from include.errors import UserError
from include.paths import DBT_PROJECT, OUT
from include.settings import DEMO_SHOP, SALES_FORM, Settings
from include.sync.sources import Source, declared_sources

if TYPE_CHECKING:
    from include.warehouse.connection import Warehouse

DEMO_SEEDS = DBT_PROJECT / "seeds"
DEMO_FILES = OUT / "demo_shop"
DEMO_TRUTH = OUT / "demo_shop_truth.csv"
HUBSPOT_FILES = OUT / "hubspot"
DEMO_AS_OF = date(2026, 11, 16)
"""How far the committed seeds reach."""


def get_shop_data(
    settings: Settings,
    warehouse: "Warehouse",
    as_of: AsOf,
    find_connection: Callable[[str], Connection | None],
) -> None:
    """Generate the demo shop's seeds; load the files of every other source.

    What `include/sources.yml` declares is kept up to date by the DAG sync_sources; here it is
    loaded only where it has never been. A shop system may come both ways: years of history as
    files, and what is new by its API.

    Raises UserError where a source is unknown, or its files or dbt's seeds cannot be used; the
    tables of the last good load stay.
    """
    from include.warehouse.files import check_seeds

    declared = declared_sources()
    for source in settings.shop_sources:
        if source == DEMO_SHOP:
            _generate_demo_shop(settings, as_of)
            continue
        if source == SALES_FORM:
            continue  # it is in landing since it was typed
        has_connection = source in declared and find_connection(source) is not None
        folder = _folder_of(source, settings, declared.get(source), has_connection)
        if source in declared and (has_connection or not folder):
            from include.sync.sync import sync_what_is_missing

            sync_what_is_missing(declared[source], warehouse, find_connection)
        if folder:
            from include.warehouse.load_files import load_files

            load_files(
                warehouse,
                source,
                folder,
                DBT_PROJECT,
                _say,
                may_shrink=settings.shop_data_may_shrink,
            )
    check_seeds(DEMO_SEEDS)


def _folder_of(
    source: str, settings: Settings, declared: Source | None, has_connection: bool
) -> Path | None:
    """The folder with a source's files; None where it has none, as it comes another way."""
    folder = settings.data_folder(source)
    if declared is None:
        return folder
    if not declared.may_be_files or (has_connection and not folder.is_dir()):
        return None
    if not folder.is_dir():
        raise UserError(
            f"The source {source} has neither a folder of exports, {folder}, nor an Airflow"
            f" connection {source!r}: docs/{source}.md says how to come by each."
        )
    return folder


def _say(line: str) -> None:
    from include.warehouse.load_files import NOTE

    print(line)
    if line.startswith(NOTE):
        run_events.tell("note", text=line)


def _generate_demo_shop(settings: Settings, as_of: AsOf) -> None:
    from include.demo_shop.files import write
    from include.demo_shop.shop import generate

    # A longer history hides nothing from an earlier as-of date, and the committed seeds stay.
    until = max(DEMO_AS_OF, as_of.on or DEMO_AS_OF)
    shop = generate(
        settings.demo_customers,
        settings.demo_seed,
        until,
        settings.demo_locale,
        settings.demo_mess,
    )
    write(shop, DEMO_SEEDS, DEMO_TRUTH)
