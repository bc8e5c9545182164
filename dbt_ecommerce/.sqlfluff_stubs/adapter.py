"""dbt's `adapter` for sqlfluff: the one call the models make."""


def quote(identifier: str) -> str:
    return f'"{identifier}"'
