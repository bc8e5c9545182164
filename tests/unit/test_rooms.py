"""The rooms of `include/`: imports point down, and nobody reaches past a room's face."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from include.paths import PROJECT

FLOORS: tuple[dict[str, str], ...] = (
    {
        "alerts": "callbacks",
        "bot": "application",
        "metabase": "",
        "dashboard": "api readers server",
    },
    {
        "new_shop": "ask check read second write",
        "report": "customers message preview publish read render text wording",
        "shop_data": "",
    },
    {
        "sales_form": "choices entries role sale",
        "churn_model": "reasons store summary",
        "contacts": "note",
        "dbt": "group parsed selectors",
        "demo_shop": "behaviour files hubspot season shop",
        "sync": "behind history loads login sources stage_history sync",
        "telegram": "client deliver ledger",
    },
    {"airflow": "as_of environment processes task_errors task_turn testable"},
    {
        "warehouse": "bookkeeping connection copying declared embedded files formats known"
        " load_files locks pseudonyms queries readable reader statement turn unread watched"
    },
    {"settings": ""},
    {"connections": "", "schemas": ""},
    {"command_line": "", "dotenv_file": "", "paths": "", "run_events": "", "secrets": ""},
    {"errors": ""},
)
"""The rooms from the top down, each with its face: what others may import of it."""
FACES = {room: face.split() for floor in FLOORS for room, face in floor.items()}
FLOOR = {room: number for number, floor in enumerate(FLOORS) for room in floor}


class Import(NamedTuple):
    """A name that a file imports from a module of a room: both are empty where there is none."""

    file: str
    at_home: str
    room: str
    module: str
    name: str


def imports() -> Iterator[Import]:
    """Everything that is imported of `include`, also within functions."""
    for folder in ("include", "dags", "plugins", "scripts", "benchmarks"):
        for path in sorted((PROJECT / folder).rglob("*.py")):
            file = path.relative_to(PROJECT)
            at_home = file.parts[1].removesuffix(".py") if folder == "include" else ""
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    assert not any(name.name.startswith("include") for name in node.names), file
                elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("include"):
                    for name in node.names:
                        _, *places = [*(node.module or "").split("."), name.name]
                        room, module, found, *_ = [*places, "", ""]
                        if not (PROJECT / "include" / room).is_dir():
                            module, found = "", module
                        yield Import(str(file), at_home, room, module, found)


def test_every_module_is_in_a_room_with_a_floor() -> None:
    there = {path.stem for path in (PROJECT / "include").glob("*.py")} - {"__init__"}
    there |= {path.parent.name for path in (PROJECT / "include").glob("*/__init__.py")}
    assert there == FLOOR.keys()


def test_imports_point_down() -> None:
    up = [
        one
        for one in imports()
        if one.at_home and one.room != one.at_home and FLOOR[one.room] <= FLOOR[one.at_home]
    ]
    assert up == []


def test_nobody_reaches_past_a_rooms_face() -> None:
    past = [
        one
        for one in imports()
        if one.room != one.at_home and one.module not in (FACES[one.room] or [""])
    ]
    assert past == []


def test_a_face_is_no_larger_than_it_is_used() -> None:
    used = {(one.room, one.module) for one in imports() if one.room != one.at_home}
    assert {(room, module) for room, face in FACES.items() for module in face} <= used


def test_what_is_private_stays_in_its_module() -> None:
    assert [one for one in imports() if one.name.startswith("_")] == []
