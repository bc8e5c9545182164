"""What the warehouse's schemas are called: SCHEMA_PREFIX, where it is set, and their plain names.

With a prefix each, several shops and those who work on them share a database and nothing in it. SQL
names every schema through here, and in dbt through macros/schema_prefix.sql: it is not looked up on
a search path, which a pooler would not keep from one transaction to the next.
"""

import os
import re

from include.dotenv_file import load_dotenv
from include.errors import UserError
from include.paths import DOTENV

NAMES = ("landing", "landing_staging", "shop", "marts", "ops")
"""The plain names of those that SQL in Python is about."""
LONGEST = 40
"""Of a prefix: with every schema's name it stays below the 63 bytes of a name in Postgres."""
FIT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*_?")


def why_unfit(prefix: str) -> str | None:
    """Why no name of a schema can begin so."""
    if not prefix:
        return None
    if not FIT.fullmatch(prefix) or len(prefix) > LONGEST:
        return (
            f"it is at most {LONGEST} lower-case letters and digits, with a letter first and single"
            " underscores between them or last, like north_"
        )
    if prefix.startswith("pg_"):
        return "names that begin with pg_ are Postgres' own"
    if prefix.endswith("landing_"):
        return "with landing_ last, one schema would have the name of another"
    return None


def schema_prefix() -> str:
    """What is in front of every schema's name; UserError where no name can begin so."""
    load_dotenv(DOTENV)
    prefix = os.environ.get("SCHEMA_PREFIX", "")
    if unfit := why_unfit(prefix):
        raise UserError(
            f"The setting SCHEMA_PREFIX={prefix!r} cannot be used: {unfit}; correct it in the"
            " environment or in .env."
        )
    return prefix


def schema(name: str) -> str:
    """What the schema with this plain name is called."""
    return schema_prefix() + name


def named(sql: str) -> str:
    """SQL with the schemas called what they are called: `{marts}.dim_customers`, `{ops}.loads`.

    `{prefix}` is for names that are kept apart like the schemas: those of locks.
    """
    prefix = schema_prefix()
    return sql.format(prefix=prefix, **{name: prefix + name for name in NAMES})
