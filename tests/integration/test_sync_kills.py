"""A sync that is killed, wherever it is: the next one makes it whole, as if it had never been."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from include.paths import PROJECT
from include.sync.sources import declared_sources
from tests.support import fake_hubspot, fake_pipedrive, fake_shopify
from tests.support.crm_loads import Crm, Loads, held
from tests.support.fake_hubspot import FakeHubSpot
from tests.support.fake_shopify import FakeShopify
from tests.support.project_copy import environment
from tests.support.warehouses import new_warehouse

DEALS, SEED = 300, 20260110


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("hubspot", 1),
        pytest.param("hubspot", 10, marks=pytest.mark.nightly),
        pytest.param("pipedrive", 10, marks=pytest.mark.nightly),
        pytest.param("shopify", 10, marks=pytest.mark.nightly),
    ],
)
def test_killed_again_and_again_it_ends_as_a_clean_load(
    name: str, times: int, postgres: Path, tmp_path: Path
) -> None:
    """So many times a vendor, at moments drawn over a whole run; records change in between."""
    chance = random.Random(SEED)  # noqa: S311
    with filled(name) as fake:
        source = declared_sources()[name]
        killed = Loads(fake, new_warehouse(postgres, f"{name}_killed_{times}", tmp_path), source)
        began = time.monotonic()
        assert start(killed).wait() == 0
        whole = time.monotonic() - began
        kills = 0
        while kills < times:
            change(fake, chance)
            program = start(killed)
            try:
                # in the first part of its time it only starts
                assert program.wait(chance.uniform(0.25, 0.9) * whole) == 0
            except subprocess.TimeoutExpired:
                os.killpg(program.pid, signal.SIGKILL)
                kills += program.wait() == -signal.SIGKILL
        change(fake, chance)
        assert start(killed).wait() == 0

        clean = Loads(fake, new_warehouse(postgres, f"{name}_clean_{times}", tmp_path), source)
        clean.load()
        for table in source.tables:
            key = "field_code" if table == "deal_fields" else "id"
            assert killed.landed(table, key) == clean.landed(table, key), table
            assert killed.landed(table, key) == held(fake, table), table


@contextmanager
def filled(name: str) -> Iterator[Crm]:
    if name == "hubspot":
        with fake_hubspot.fake_hubspot() as hubspot:
            fake_hubspot.fill(hubspot, DEALS)
            yield hubspot
    elif name == "shopify":
        with fake_shopify.fake_shopify() as shopify:
            fake_shopify.fill(shopify, DEALS)
            yield shopify
    else:
        with fake_pipedrive.fake_pipedrive() as pipedrive:
            fake_pipedrive.fill(pipedrive, DEALS)
            yield pipedrive


def change(fake: Crm, chance: random.Random) -> None:
    """Hours later: deals or orders that changed, are new or gone, and people who changed."""
    fake.now += timedelta(hours=3)
    text = f"as of {fake.now}"
    if isinstance(fake, FakeHubSpot):
        deals = [one.id for one in fake.records["deals"].values() if not one.archived_at]
        contacts = [one.id for one in fake.records["contacts"].values() if not one.archived_at]
        changed = chance.sample(deals, 12)
        for deal in changed[2:]:
            fake.change("deals", str(deal), dealname=text, dealstage="closedwon")
        for deal in changed[:2]:
            fake.archive("deals", str(deal))
        fake.create("deals", dealname=text)
        for contact in chance.sample(contacts, 5):
            fake.change("contacts", str(contact), lastname=text)
    elif isinstance(fake, FakeShopify):
        orders = chance.sample(list(fake.orders), 12)
        for order in orders[3:]:
            fake.change(order, displayFinancialStatus="PARTIALLY_PAID")
        for order in orders[:3]:
            fake.refund(order)
        fake.create(lines=30)
    else:
        active = [
            id_
            for id_, one in fake.records["deals"].items()
            if not (one["is_archived"] or one["is_deleted"])
        ]
        persons = [id_ for id_, one in fake.records["persons"].items() if not one["is_deleted"]]
        changed = chance.sample(active, 12)
        for number in changed[3:]:
            fake.change("deals", number, title=text, status="won")
        fake.archive(changed[0])
        for number in changed[1:3]:
            fake.delete("deals", number)
        fake.create("deals", title=text)
        for person in chance.sample(persons, 5):
            fake.change("persons", person, name=text)


def start(loads: Loads) -> "subprocess.Popen[bytes]":
    """Start `scripts/sync_sources.py`."""
    connection = {"conn_type": "http", "host": loads.fake.url, "password": loads.fake.token}
    return subprocess.Popen(
        [sys.executable, PROJECT / "scripts" / "sync_sources.py", loads.source.name],
        cwd=PROJECT,
        env=environment(
            PROJECT,
            AIRFLOW_CONN_WAREHOUSE=loads.warehouse.url,
            **{f"AIRFLOW_CONN_{loads.source.name.upper()}": json.dumps(connection)},
        ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
