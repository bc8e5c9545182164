"""Which active sources are known of the last days only, so that older customers look new.

A shop system may show an app the orders of 60 days, and nobody would tell from these. What is older
comes with its export.
"""

from psycopg2.extensions import connection as Connection  # noqa: N812

from include.paths import DBT_PROJECT
from include.schemas import named, schema
from include.settings import Settings
from include.sync.loads import SIXTY_DAYS, has_loads
from include.sync.sources import Source, active_sources
from include.warehouse.declared import declared_tables


def sources_without_history(connection: Connection, settings: Settings) -> tuple[str, ...]:
    """Those whose newest load saw 60 days and that have no export, in the settings' order."""
    return tuple(
        source.name
        for source in active_sources(settings)
        if _sees_sixty_days(connection, source) and not _has_export(connection, source)
    )


def _sees_sixty_days(connection: Connection, source: Source) -> bool:
    with connection.cursor() as cursor:
        if not has_loads(cursor):
            return False
        query = """
            select schema_changes ? %s
            from {ops}.loads
            where source_name = %s and status = 'loaded'
            order by load_number desc
            limit 1
        """
        cursor.execute(named(query), (SIXTY_DAYS, source.name))
        return cursor.fetchone() == (True,)


def _has_export(connection: Connection, source: Source) -> bool:
    tables = declared_tables(source.name, DBT_PROJECT)
    exports = [name for name, table in tables.items() if table.reader.known_as]
    with connection.cursor() as cursor:
        for name in exports:
            cursor.execute("select to_regclass(%s) is not null", (f"{schema('landing')}.{name}",))
            if cursor.fetchone() == (True,):
                cursor.execute(f"select exists (select from {schema('landing')}.{name})")  # noqa: S608
                if cursor.fetchone() == (True,):
                    return True
    return False
