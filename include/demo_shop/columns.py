"""Arrow columns as an export writes them: ids, UTC timestamps, money."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from include.demo_shop.draws import Flags, Ints
from include.demo_shop.season import OPENED_AT


def numbered(prefix: str, indexes: Ints, width: int) -> Any:
    """Ids such as C000001 from indexes that count from 0."""
    digits = pc.utf8_lpad(pc.cast(pa.array(indexes + 1), pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def timestamps(seconds: Ints) -> Any:
    """`2026-11-14T18:03:22Z` from seconds since the opening."""
    moments = pa.array(seconds + OPENED_AT).cast(pa.timestamp("s"))
    text = pc.utf8_replace_slice(pc.cast(moments, pa.string()), 10, 11, "T")
    return pc.binary_join_element_wise(text, "Z", "")


def money(cents: Ints) -> Any:
    """Amounts with exactly two decimals from whole cents."""
    # A decimal is its whole number in 128 bits, low half first.
    halves = np.column_stack([cents, cents >> 63])
    return pa.Array.from_buffers(pa.decimal128(12, 2), len(cents), [None, pa.py_buffer(halves)])


def pick(values: Sequence[str], indexes: Ints) -> Any:
    """The value at each index."""
    return pa.array(values, pa.string()).take(pa.array(indexes))


def where(mask: Flags, changed: Any, column: Any) -> Any:
    """`changed` on the rows of the mask, `column` on the others; None empties a cell."""
    changed = pa.scalar(None, pa.string()) if changed is None else changed
    return pc.if_else(pa.array(mask), changed, column)


def text(values: Sequence[str]) -> Any:
    """A column of these values."""
    return pa.array(values, pa.string())
