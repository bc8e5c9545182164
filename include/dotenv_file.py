"""Reads `.env` into the environment, where that is silent: each value as it is written.

python-dotenv splits the file; its `load_dotenv` would put other variables into a `${name}`, end
JSON at a ` #`, and pass over a line that it does not understand.
"""

import io
import json
import os
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from include.errors import UserError


def load_dotenv(path: Path) -> None:
    """Set what the file says and the environment does not; no file is as good as an empty one.

    Raises UserError for a file that is not UTF-8 or has a line that is no setting.
    """
    if os.environ.get("PYTHON_DOTENV_DISABLED") == "1" or not path.is_file():
        return
    for binding in parse_stream(io.StringIO(_text(path))):
        if binding.error or (binding.key is not None and binding.value is None):
            line = binding.original.line + _blank_lines_before(binding)
            raise UserError(
                f"Line {line} of {path} is no setting: write it as NAME=value, or begin it with #."
            )
        if binding.key is not None:
            os.environ.setdefault(binding.key, _value(binding))


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): correct its rights.") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{path} is not written in UTF-8 (line {line}): save it as UTF-8."
        ) from None  # its words would quote the file
    if "\0" in text:
        raise UserError(f"{path} is not written in UTF-8: save it as UTF-8.")
    return text


def _value(binding: Binding) -> str:
    """The value; JSON until its last brace, whatever signs are in it."""
    text = binding.original.string.partition("=")[2].strip()
    if text.startswith("{"):
        try:
            _, end = json.JSONDecoder().raw_decode(text)
        except ValueError:
            return text  # who reads the variable says what is wrong
        if not text[end:].strip() or text[end:].lstrip().startswith("#"):
            return text[:end]
        return text
    return binding.value or ""


def _blank_lines_before(binding: Binding) -> int:
    text = binding.original.string
    return text[: len(text) - len(text.lstrip())].count("\n")
