"""`include/sources.yml`: a declaration that cannot be meant is one sentence."""

from pathlib import Path

import pytest

from include.errors import UserError
from include.sync.sources import declared_sources

FOLDER = "files: {folder: ~/exports, tables: {sales: {pattern: '*.csv'}}}"
API = (
    "rest_api: {client: {base_url: x}, resources: [{name: a, endpoint: a}, {name: a, endpoint: b}]}"
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"sources:\n  one: {{{FOLDER}}}\n  one: {{{FOLDER}}}\n", r"names one twice \(line 3\)"),
        (
            "sources:\n  one:\n    files:\n      folder: x\n      tables:\n"
            "        sales: {pattern: a}\n        sales: {pattern: b}\n",
            r"names sales twice \(line 7\)",
        ),
        (f"sources:\n  one: {{{API}}}\n", "two resources a"),
        ("sources:\n  one: é\n", "does not declare sources"),
    ],
)
def test_what_cannot_be_meant_is_told(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "sources.yml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=says):
        declared_sources(path)


def test_what_an_anchor_brings_may_be_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "sources.yml"
    path.write_text(
        "sources:\n"
        "  one: {files: &shared {folder: a, tables: {sales: {pattern: '*'}}}}\n"
        "  two: {files: {<<: *shared, folder: b}}\n"
    )
    assert list(declared_sources(path)) == ["one", "two"]
