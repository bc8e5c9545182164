"""A second shop of a system that comes along: the models of the first, under a name of its own."""

import re
from pathlib import Path

from include.errors import UserError
from include.paths import write_whole


def write_second(of: str, name: str, dbt_project: Path, sources: Path) -> list[Path]:
    """Write a source's models again for another shop, and say where the project lists sources.

    Args:
        of: the source that comes along.
        name: that of the other shop, which no source has.
        dbt_project: its staging folders, and dbt_project.yml with the models that a source may
            bring besides.
        sources: the declaration of APIs; of one that is there the other shop has the same.

    Returns the files that were written.
    """
    staging = dbt_project / "models" / "staging"
    known = sorted(path.parent.name for path in staging.glob("*/_*__sources.yml"))
    if of not in known:
        raise UserError(f"There is no source {of!r} to copy: name one of {', '.join(known)}.")
    # the variables of the models, and the page on them, are those of both shops
    its_name = re.compile(rf"(?<![a-z0-9])(?<!docs/){of}(?=__|[^\w.])")
    texts = {
        staging / name / path.name.replace(of, name): its_name.sub(name, path.read_text("utf-8"))
        for path in sorted((staging / of).iterdir())
    }
    optional = dbt_project / "dbt_project.yml"
    lists = re.compile(rf"^(    \w+: \[(?!.*\b{name}\b).*\b{of}\b)", re.MULTILINE)
    texts[optional] = lists.sub(rf"\1, {name}", optional.read_text("utf-8"))
    declared = sources.read_text("utf-8")
    if f" &{of}\n" in declared and f"\n  {name}:" not in declared:
        texts[sources] = f"{declared.rstrip()}\n\n  {name}: *{of}\n"
    for path, text in texts.items():
        write_whole(path, text.encode())
    return list(texts)
