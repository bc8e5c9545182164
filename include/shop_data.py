"""Brings the data of the active shops to where dbt reads it: the first step of the weekly run."""

from collections.abc import Callable
from datetime import date

from include import run_events
from include.airflow.as_of import AsOf
from include.connections import Connection
from include.paths import DBT_PROJECT, OUT
from include.settings import DEMO_SHOP, Settings
from include.sync.sources import declared_sources

DEMO_SEEDS = DBT_PROJECT / "seeds"
DEMO_FILES = OUT / "demo_shop"
DEMO_TRUTH = OUT / "demo_shop_truth.csv"
HUBSPOT_FILES = OUT / "hubspot"
DEMO_AS_OF = date(2026, 11, 16)
"""How far the committed seeds reach."""


def get_shop_data(
    settings: Settings,
    warehouse_url: str,
    as_of: AsOf,
    find_connection: Callable[[str], Connection | None],
) -> None:
    """Generate the demo shop's seeds; load the files of every other source.

    What `include/sources.yml` declares is kept up to date by the DAG crm_sync; here it is loaded
    only where it has never been.

    Raises UserError where a source is unknown, or its files or dbt's seeds cannot be used; the
    tables of the last good load stay.
    """
    from include.warehouse.files import check_seeds

    declared = declared_sources()
    for source in settings.shop_sources:
        if source == DEMO_SHOP:
            _generate_demo_shop(settings, as_of)
        elif source in declared:
            from include.sync.sync import sync_what_is_missing

            sync_what_is_missing(declared[source], warehouse_url, find_connection)
        else:
            from include.warehouse.load_files import load_files

            load_files(
                warehouse_url,
                source,
                settings.data_folder(source),
                DBT_PROJECT,
                _say,
                may_shrink=settings.shop_data_may_shrink,
            )
    check_seeds(DEMO_SEEDS)


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
