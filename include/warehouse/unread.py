"""What no model reads of a shop's folder, as the last load of its files has noted it."""

from psycopg2.extensions import connection as Connection  # noqa: N812

from include.schemas import named


def unread_files(connection: Connection, sources: list[str]) -> tuple[str, ...]:
    """What no model reads of the folders of some sources, as they were last loaded."""
    with connection.cursor() as cursor:
        cursor.execute(named("select to_regclass('{ops}.unread_files') is not null"))
        if cursor.fetchone() == (False,):
            return ()  # nothing was ever loaded
        query = "select file from {ops}.unread_files where source_name = any(%s) order by file"
        cursor.execute(named(query), (sources,))
        return tuple(file for (file,) in cursor.fetchall())
