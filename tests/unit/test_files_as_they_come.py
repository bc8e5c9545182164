"""Files as shops' systems and spreadsheets write them: what is read of them, and what is told."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from include.errors import UserError
from include.warehouse.data_file import DataFile, header_place, is_of_totals, numbered_names
from include.warehouse.declared import Reader, Table
from include.warehouse.files import open_file

Read = Callable[..., DataFile]


@pytest.fixture
def opened(tmp_path: Path) -> Read:
    """Open content as a file; bytes are a CSV's, rows those of a sheet."""

    def of(content: bytes | list[tuple[Any, ...]], *columns: str, **reader: Any) -> DataFile:
        table = Table(dict.fromkeys(columns, "text"), Reader(**reader), "_shop__sources.yml")
        path = tmp_path / ("sales.csv" if isinstance(content, bytes) else "sales.xlsx")
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            workbook = openpyxl.Workbook()
            for row in content:
                workbook.active.append(row)
            for cells in workbook.active.iter_rows():
                for cell in cells:
                    cell.data_type = "s" if cell.data_type == "f" else cell.data_type
            workbook.save(path)
        return open_file(path, table)

    return of


def rows(file: DataFile) -> list[tuple[Any, ...]]:
    """The header, and the rows."""
    read = [tuple(row.values()) for batch in file.batches for row in batch.to_pylist()]
    return [tuple(file.schema.names), *read]


# --- encodings

ACCENTS = "número;nome\n1;João\n2;“Ação” – 5 €\n"
AS_READ = [("número", "nome"), ("1", "João"), ("2", "“Ação” – 5 €")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_is_read_in_the_encoding_that_it_has(encoding: str, opened: Read) -> None:
    assert rows(opened(ACCENTS.encode(encoding))) == AS_READ


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le"])
def test_a_large_file_of_another_encoding_is_whole(encoding: str, opened: Read) -> None:
    text = "\ufeffid,name\n" + "".join(f"{number},João\n" for number in range(200_000))
    _, *read = rows(opened(text.encode(encoding)))
    assert len(read) == 200_000
    assert read[-1] == ("199999", "João")


def test_what_is_not_utf8_is_read_as_windows_1252_and_told_with_a_cell(opened: Read) -> None:
    file = opened("id,name\n1,Ana\n2,João\n".encode("latin-1"))
    assert rows(file)[2] == ("2", "João")
    assert file.told == [
        "sales.csv is not UTF-8, and is read as Windows-1252 ('João' in row 3): where that is"
        " wrong, save it as UTF-8."
    ]


def test_an_encoding_that_is_declared_is_taken_and_needs_no_telling(opened: Read) -> None:
    file = opened("id,name\n1,Łódź\n".encode("iso8859-2"), encoding="iso8859-2")
    assert rows(file)[1] == ("1", "Łódź")
    assert file.told == []
    # UTF-8 it is where it can be no accident
    assert rows(opened("id,name\n1,Łódź\n".encode(), encoding="iso8859-2"))[1] == ("1", "Łódź")
    for undeclarable in ("utf-16-le", "iso2022_jp"):  # whose bytes are those of other letters
        content = "id,name\n1,東\n".encode(undeclarable)
        assert rows(opened(content, encoding=undeclarable))[1] == ("1", "東")


@pytest.mark.parametrize(
    "damaged",
    [
        "1,João\n2,".encode() + b"caf\xe9\n",  # beside letters of UTF-8 it is no letter
        b"1,a\n2,\x81\n",  # no letter of Windows-1252
    ],
)
def test_damaged_letters_are_refused_by_their_cell(damaged: bytes, opened: Read) -> None:
    with pytest.raises(UserError, match=r"is not UTF-8 text: .* or correct column name in row 3"):
        opened(b"id,name\n" + damaged)


def test_what_is_no_text_in_the_encoding_that_is_declared_is_refused(opened: Read) -> None:
    with pytest.raises(UserError, match=r"is not cp1252 text: .* correct column name in row 2"):
        rows(opened(b"id,name\n1,a\x81\n", encoding="cp1252"))


def test_letters_that_were_ruined_before_are_told(opened: Read) -> None:
    for ruined in ("SÃ£o Paulo", "S\ufffdo Paulo"):
        file = opened(f"id,city\n1,SÃO LUÍS\n2,{ruined}\n".encode())
        assert rows(file)[2] == ("2", ruined)
        assert file.told == [
            f"Letters of sales.csv were ruined before it was loaded ({ruined!r} in row 3): export"
            " it again."
        ]


# --- delimiters


@pytest.mark.parametrize(
    "text",
    [
        "id;price;note\n1;1,50;a, b\n2;2,50;c\n",
        "id\tprice\tnote\n1\t1,50\ta; b, c\n",
        'id,price,note\n1,"1,50",a; b; c; d\n',
        "Sales, of May, and June\nid;price;note\n1;1,50;a\n",
    ],
)
def test_the_delimiter_is_the_one_that_gives_rows_of_one_width(text: str, opened: Read) -> None:
    file = opened(text.encode())
    assert file.schema.names == ["id", "price", "note"]
    assert rows(file)[1][1] == "1,50"


# --- the header


def test_the_header_is_found_below_titles_by_the_columns_that_are_declared(opened: Read) -> None:
    titles = [(None,), ("Your sales",), (None,), ("Sales", None, None, "Buyers")]
    sheet = [*titles, ("Sale", "Day", "Units", "Buyer"), (7, "2026-08-28", 1, "Ana")]
    file = opened(sheet, "Sale", "Buyer")
    assert rows(file) == [("Sale", "Day", "Units", "Buyer"), (7, "2026-08-28", 1, "Ana")]
    assert file.row_number(0) == 6
    text = b'Your sales\n\n"of\nMay"\nSale;Day;Buyer\n7;2026-08-28;Ana\n\n8;2026-08-29;Bia\n'
    file = opened(text, "Sale", "Buyer")
    assert rows(file)[0] == ("Sale", "Day", "Buyer")
    assert [file.row_number(place) for place in (0, 1)] == [5, 7]


@pytest.mark.parametrize(
    ("top", "wanted", "place"),
    [
        ([("id", "name"), ("1", "a")], (), 0),
        ([("My sales",), ("id", "name", "price")], (), 1),
        ([(), ("id",), ("1",)], (), 1),
        # wider rows than names are no reason to take a row for the names
        ([("id", "name"), ("1", "a", "b", "c", "d")], (), 0),
        ([("1", "id"), ("name", "id")], ("id", "name"), 1),
        ([("My sales",), ("id", "nome", "price")], ("id", "name"), 1),
    ],
)
def test_the_place_of_the_header(top: list[Any], wanted: tuple[str, ...], place: int) -> None:
    assert header_place(top, Table(dict.fromkeys(wanted, "text"))) == place


def test_repeated_and_long_names_are_numbered(opened: Read) -> None:
    assert numbered_names(["a", "b", "a", "a_2", "a"]) == ["a", "b", "a_3", "a_2", "a_4"]
    long = "é" * 40
    assert numbered_names([long, long]) == ["é" * 31, "é" * 30 + "_2"]
    for content in (
        b"Units,Day,Units\n1,2026-08-28,0\n",
        [("Units", "Day", "Units"), ("1", "2026-08-28", "0")],
    ):
        assert rows(opened(content))[0] == ("Units", "Day", "Units_2")


# --- what is written around values


def test_what_keeps_a_spreadsheet_from_reading_a_text_is_taken_off(opened: Read) -> None:
    values = {
        '"=""AD12BR"""': "AD12BR",
        '=""': None,
        "'0012345678901": "0012345678901",
        "'+55 81 99999-0000": "+55 81 99999-0000",
        "'H2X 1Y4": "H2X 1Y4",
        "'=A1": "=A1",
        # of the text itself
        "'s-Hertogenbosch": "'s-Hertogenbosch",
        "'90s mug": "'90s mug",
        "'TIS": "'TIS",
        "O'Neill": "O'Neill",
        "a=b": "a=b",
        '"two\nlines, quoted"': "two\nlines, quoted",
    }
    text = "id,value\n" + "".join(f"1,{value}\n" for value in values)
    assert [value for _, value in rows(opened(text.encode()))[1:]] == list(values.values())
    sheet = [("id", "value"), (1, '="AD12BR"'), (2, "'0012"), (3, " "), (4, "'s")]
    read = rows(opened(sheet))[1:]
    assert [value for _, value in read] == ["AD12BR", "0012", None, "'s"]


def test_blank_cells_of_a_sheet_do_not_make_a_text_of_its_numbers(opened: Read) -> None:
    assert rows(opened([("id", "price"), (1, 47), (2, " ")]))[1:] == [(1, 47), (2, None)]


# --- rows of totals


@pytest.mark.parametrize(
    "text",
    [
        "id,day,price\n1,2026-08-28,5\n2,2026-08-29,6\n{}\n",
        "\ntitle\nid,day,price\n1,2026-08-28,5\n\n{}\n",
    ],
)
@pytest.mark.parametrize("total", ["Total,,11", "TOTAL GERAL:,,11", "Total,11"])
def test_a_row_of_totals_at_the_end_is_left_out_and_told(
    total: str, text: str, opened: Read
) -> None:
    content = text.format(total)
    file = opened(content.encode(), "id")
    assert rows(file)[-1][1] in ("2026-08-28", "2026-08-29")
    [told] = file.told
    first = total.split(",")[0]
    number = content.split("\n").index(total) + 1
    assert told == f"Row {number} of sales.csv is one of totals ({first!r}), and is left out."


def test_a_row_of_totals_behind_a_batch_of_its_own_is_left_out(opened: Read) -> None:
    lines = "".join(f"{number},{'x' * 100}\n" for number in range(30_000))
    for total in ("Total,\n", "Total\n"):
        file = opened(("id,text\n" + lines + total).encode())
        assert len(rows(file)) == 30_001
        assert file.told == ["Row 30,002 of sales.csv is one of totals ('Total'), and is left out."]


def test_a_row_of_totals_of_a_sheet_is_left_out(opened: Read) -> None:
    file = opened([("id", "price"), (1, 5), (None, None), ("Total", None)])
    assert rows(file)[1:] == [(1, 5)]
    assert file.told == ["Row 4 of sales.xlsx is one of totals ('Total'), and is left out."]


def test_only_a_last_row_that_is_no_sale_is_one_of_totals(opened: Read) -> None:
    assert not is_of_totals(("Total", "1", "2"))
    assert not is_of_totals(("Total Wine", None))
    assert not is_of_totals((1, "Total", None))
    file = opened(b"id,price\n1,5\nTotal,\n2,6\n")
    assert len(rows(file)) == 4
    with pytest.raises(UserError, match=r"Row 3 of sales\.csv has 1 fields"):
        rows(opened(b"id,price\n1,5\nTotal\n2,6\n"))


# --- row numbers, and what a spreadsheet has broken


def test_the_number_of_a_row_is_kept_where_it_is_declared(opened: Read) -> None:
    for content in (
        b'My sales\nid,note\n1,"a\nb"\n\n2,\n',
        [("My sales",), ("id", "note"), (1, "a"), (), (2, "")],
    ):
        file = opened(content, "id", "_row")
        assert file.schema.names == ["id", "note", "_row"]
        assert [row[-1] for row in rows(file)[1:]] == [3, 5]


def test_a_file_whose_rows_became_one_value_each_says_what_to_do(opened: Read) -> None:
    with pytest.raises(UserError, match="row into one value; export the file again, and load it"):
        rows(opened(b'id,name,note\n"1,""Ana"",a"\n"2,""Bia"",b"\n'))


def test_a_compressed_file_of_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv.gz"
    path.write_bytes(gzip.compress(b"My sales\n" + ACCENTS.encode("cp1252")))
    assert rows(open_file(path, Table({"nome": "text"}))) == AS_READ


@pytest.mark.parametrize("block", [1, 2, 3, 5, 8, 2**20])
@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a,b\n1,2\n\n3,4\n", [2, 4]),
        ("a,b\r\n1,2\r\n\r\n\r\n3,4\r\n", [2, 5]),
        ('a,b\n1,"x\n\ny"\n3,4\n', [2, 3]),
        ('a,b\n1,"x\r\n\r\n""y"""\n3,4\n\n5,6', [2, 3, 5]),
        ("a,b\n1,2\n3,4\n", [2, 3]),
    ],
)
def test_rows_are_numbered_as_in_a_spreadsheet_blank_ones_too_but_not_those_in_quotes(
    text: str, numbers: list[int], block: int, opened: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = opened(text.encode(), "_row")
    monkeypatch.setattr("include.warehouse.csv_text.BLOCK", block)
    assert [row[-1] for row in rows(file)[1:]] == numbers


# --- sheets

JANUARY = [("order", "units"), (1, 2), (2, 3)]
FEBRUARY = [("order", "units"), ("2", 4), (3, 5)]


@pytest.fixture
def sheets(tmp_path: Path) -> Read:
    """Open a workbook of these sheets, with what a source declares of it."""

    def of(cells: dict[str, list[tuple[Any, ...]]], **reader: Any) -> DataFile:
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for name, content in cells.items():
            sheet = workbook.create_sheet(name)
            for row in content:
                sheet.append(row)
        workbook.save(tmp_path / "sales.xlsx")
        types = dict.fromkeys(("order", "units"), "text")
        return open_file(tmp_path / "sales.xlsx", Table(types, Reader(**reader), "_shop.yml"))

    return of


def test_of_several_sheets_the_first_is_read_and_the_others_are_told(sheets: Read) -> None:
    file = sheets({"Jan": JANUARY, "Blank": [], "Feb": FEBRUARY})
    assert rows(file) == JANUARY
    assert file.told == [
        "Of sales.xlsx the sheet 'Jan' is read, and not 'Feb': declare sheet where another is"
        " meant."
    ]


def test_a_sheet_is_read_by_its_name(sheets: Read) -> None:
    file = sheets({"Jan": JANUARY, "Feb": FEBRUARY}, sheet="feb")
    assert [row[1] for row in rows(file)] == ["units", 4, 5]
    assert file.told == []
    with pytest.raises(UserError) as refusal:
        sheets({"Jan": JANUARY, "Feb": FEBRUARY}, sheet="Mar")
    assert str(refusal.value) == "sales.xlsx has no sheet 'Mar': found 'Jan', 'Feb'."


def test_sheets_that_overlap_are_one_table_with_each_order_from_the_last(sheets: Read) -> None:
    file = sheets({"Jan": JANUARY, "Feb": FEBRUARY, "": []}, sheet="*", newest_per="order")
    assert rows(file)[1:] == [("1", 2), ("2", 4), ("3", 5)]
    assert [file.row_number(place) for place in range(3)] == [2, 2, 3]
    assert file.told == [
        "1 of order in the sheet 'Jan' of sales.xlsx are in a later one as well, and taken from"
        " there."
    ]


def test_sheets_with_different_columns_are_refused(sheets: Read) -> None:
    with pytest.raises(UserError, match="The sheets 'Jan' and 'Stock' of"):
        sheets({"Jan": JANUARY, "Stock": [("sku", "units"), ("A", 1)]}, sheet="*")
