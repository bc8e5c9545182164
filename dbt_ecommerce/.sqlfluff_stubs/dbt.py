"""dbt's cross-database macros for sqlfluff: SQL of the same shape, without a database."""


def type_string() -> str:
    return "text"


def dateadd(datepart: str, interval: object, from_date: str) -> str:
    return f"dateadd({datepart}, {interval}, {from_date})"


def datediff(first: str, second: str, datepart: str) -> str:
    return f"datediff({datepart}, {first}, {second})"


def date_trunc(datepart: str, date: str) -> str:
    return f"date_trunc('{datepart}', {date})"


def generate_series(upper_bound: int) -> str:
    return f"select generated_number from generated_series_to_{upper_bound}"  # noqa: S608


def hash(field: str) -> str:  # noqa: A001 - dbt's own name
    return f"md5({field})"


def concat(fields: list[str]) -> str:
    return " || ".join(fields)


def length(expression: str) -> str:
    return f"length({expression})"


def split_part(text: str, delimiter: str, part: int) -> str:
    return f"split_part({text}, {delimiter}, {part})"


def listagg(measure: str, delimiter_text: str, order_by_clause: str) -> str:
    return f"string_agg({measure}, {delimiter_text} {order_by_clause})"
