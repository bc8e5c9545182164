"""`.env`: each value as it is written, or a sentence that says which line to correct."""

import os
from pathlib import Path

import pytest

from include.dotenv_file import load_dotenv
from include.errors import UserError

JSON = '{"conn_type": "postgres", "password": "a #b ${HOME} \\"c\\" é"}'


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHON_DOTENV_DISABLED", "")
    monkeypatch.setattr(os, "environ", {"SET_BEFORE": "kept"})  # takes back what a file sets
    return tmp_path / ".env"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("ONE=plain", "plain"),
        ("  export ONE = plain  ", "plain"),
        ('ONE="in quotes"', "in quotes"),
        ("ONE=plain # a comment", "plain"),
        ("ONE=postgres://me:pa${x}ss@db/shop", "postgres://me:pa${x}ss@db/shop"),
        ("ONE='pa${x}ss'", "pa${x}ss"),
        ("ONE=postgres://me:pa%23ss@db/shop", "postgres://me:pa%23ss@db/shop"),
        (f"ONE={JSON}", JSON),
        (f"ONE={JSON}  # a comment", JSON),
        (f"ONE='{JSON}'", JSON),
        ("ONE={not json # a comment", "{not json # a comment"),
        ("ONE=", ""),
    ],
)
def test_a_value_is_what_is_written(line: str, value: str, path: Path) -> None:
    path.write_text(f"{line}\n")
    load_dotenv(path)
    assert os.environ["ONE"] == value


@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf", b"# comment\r\n\r\n"])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_an_editors_marks_are_no_part_of_it(begin: bytes, end: bytes, path: Path) -> None:
    path.write_bytes(begin + b"ONE=1" + end)
    load_dotenv(path)
    assert os.environ["ONE"] == "1"


def test_what_is_set_before_stays_and_no_file_is_an_empty_one(path: Path) -> None:
    load_dotenv(path)
    path.write_text("SET_BEFORE=changed\n")
    load_dotenv(path)
    assert os.environ["SET_BEFORE"] == "kept"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("A=1\nB=my-secret-é\n".encode("latin-1"), "UTF-8 .line 2.: save it"),
        ("A=my-secret\n".encode("utf-16"), "UTF-8"),
        ("A=my-secret\n".encode("utf-16-le"), "UTF-8"),
        (b'A=1\n\n# comment\nB="my-secret\n', "^Line 4 of .* is no setting"),
        (b"A=1\nmy-secret\n", "^Line 2 of .* is no setting"),
        (b"A=1\n\n\n=my-secret\n", "^Line 4 of .* is no setting"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_without_what_is_written(
    content: bytes, says: str, path: Path
) -> None:
    path.write_bytes(content)
    with pytest.raises(UserError, match=says) as caught:
        load_dotenv(path)
    assert "my-secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
