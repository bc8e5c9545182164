"""What `landing` has in place of an e-mail address, a tax id or a user's name: a keyed hash of it.

The same person has the same one in every file and on every road. Who may read `shop` and `marts`
cannot go back from it, not even by trying all tax ids, as the key lies in `ops`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b

import pyarrow as pa

from include.warehouse.data_file import DataFile
from include.warehouse.declared import Table
from include.warehouse.readable import as_text

SIZE = 16  # bytes: no two of a million million people share one by chance
NOBODYS = re.compile(
    r".*@mail\.mercadoli[bv]re\.com(\.\w\w)?|.*[@.]ct\.vtex\.com\.br|testcust.*@.*|.*@testuser\.com"
)
"""Addresses that Mercado Livre and VTEX make for a single order, by which who buys again would
always be new; and those of test orders."""


def pseudonymous(table: Table) -> dict[str, str]:
    """The columns whose values are not stored, and what of these a hash is made of."""
    return {name: one.pseudonym for name, one in table.meta.items() if one.pseudonym}


def pseudonym(key: bytes, of: str, text: str) -> str | None:
    """The hash of a person's name for a program, as hexadecimal digits; None where there is none.

    BLAKE2b with a key (RFC 7693), of the `digits` of a text, or of the `text` in small letters,
    without blanks around it. An e-mail address that is nobody's has none.
    """
    if of == "digits":
        plain = re.sub(r"\D", "", text)
    else:
        plain = " ".join(unicodedata.normalize("NFC", text).split()).casefold()
        plain = "" if NOBODYS.fullmatch(plain) else plain
    return blake2b(plain.encode(), key=key, digest_size=SIZE).hexdigest() if plain else None


def with_pseudonyms(file: DataFile, key: bytes) -> DataFile:
    """The file with a hash in place of each value that is not to be stored."""
    found = {name: of for name, of in pseudonymous(file.table).items() if name in file.schema.names}
    schema = pa.schema(
        [(one.name, pa.string() if one.name in found else one.type) for one in file.schema]
    )

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in file.batches:
            columns = [
                _hashed(key, found[name], column) if name in found else column
                for name, column in zip(schema.names, batch.columns, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return replace(file, schema=schema, batches=batches())


def _hashed(key: bytes, of: str, column: pa.Array) -> pa.Array:
    encoded = as_text(column).dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    return pa.array([pseudonym(key, of, text) for text in texts], pa.string()).take(encoded.indices)
