"""A warehouse holds a password, and whatever shows one does not show it."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.serde import serialize

from include.errors import UserError
from include.warehouse.connection import Warehouse

URL = "postgresql://me:my-secret@127.0.0.1:1/shop"


def test_it_is_printed_and_logged_without_its_password(caplog: pytest.LogCaptureFixture) -> None:
    warehouse = Warehouse(URL)
    logging.getLogger("test").warning("%s %r", warehouse, {"warehouse": warehouse})
    shown = [str(warehouse), repr([warehouse]), f"{warehouse}", caplog.text]
    assert "my-secret" not in "".join(shown)


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, json.dumps, serialize])
def test_it_is_not_written_down_and_so_no_xcom(write: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError) as caught:
        write(Warehouse(URL))
    assert "my-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "use"),
    [
        (URL, Warehouse.connect),
        ("postgresql://me:my-secret@[127.0.0.1/shop", Warehouse.connect),
        (f"{URL}?sslpassword=my-secret", Warehouse.as_environment),
    ],
)
def test_a_traceback_with_the_values_of_names_does_not_tell_it(
    url: str, use: Callable[[Warehouse], Any]
) -> None:
    warehouse = Warehouse(url)
    del url
    with pytest.raises(UserError) as caught:
        use(warehouse)
    frames = caught.value.__traceback__
    assert frames is not None
    caught.value.__traceback__ = frames.tb_next  # this test's own names
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "my-secret" not in "".join(told.format())
