"""HubSpot's contacts, companies and deals: what changed is searched, then read in batches.

The search finds by the time of the last change, but tells neither associations nor the history of
a stage; the batch requests tell these. HubSpot's search ends after 10,000 results, so it goes on by
the object's id instead of by page: then each request is the first page of a search of its own.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from include.errors import TryAgainError
from include.sync.rows import Row, Stream

if TYPE_CHECKING:
    from dlt.sources.helpers.rest_client.client import RESTClient

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
OVERLAP = timedelta(hours=1)
"""For what is not found at once, and for clocks that differ."""
UNTIL = "until"
MAIN = {
    ("deals", "companies"): (5, "deal_to_company"),
    ("deals", "contacts"): (3, "deal_to_contact"),
    ("contacts", "companies"): (1, "contact_to_company"),
}
"""The types of association that HubSpot calls a main one: number, and name in its listing."""
A_SEARCH = 200
A_BATCH = 100
A_BATCH_WITH_HISTORY = 50


@dataclass(frozen=True)
class Objects:
    """One type of object: a row an object, in the shape of HubSpot's own listing.

    Args:
        client: for HubSpot's address, with its token.
        version: of the API, like 2026-09.
        name: contacts, companies or deals.
        declared: `changed`, the property with the time of the last change; `associations`, the
            types of object to which associations are read; `history`, properties with their past.
    """

    client: "RESTClient"
    version: str
    name: str
    declared: dict[str, Any]

    def streams(self) -> list[Stream]:
        """Those that changed since the last load, and those that were deleted since."""
        import dlt

        @dlt.resource(name=self.name, primary_key="id")
        def changed() -> Iterator[list[Row]]:
            began, state = datetime.now(UTC), dlt.current.resource_state()
            since, properties = _since(state), self._properties()
            for ids in self._changed_ids(since, began):
                for rows in self._read(ids, properties, archived=False):
                    _note(state, rows, "updatedAt", began)
                    yield rows

        @dlt.resource(name=f"archived_{self.name}", table_name=self.name, primary_key="id")
        def archived() -> Iterator[list[Row]]:
            began, state = datetime.now(UTC), dlt.current.resource_state()
            since, properties = _since(state), self._properties()
            for ids in self._archived_ids(since):
                for rows in self._read(ids, properties, archived=True):
                    _note(state, rows, "archivedAt", began)
                    yield rows

        return [Stream(changed, "updatedAt"), Stream(archived, "archivedAt")]

    @property
    def _path(self) -> str:
        return f"crm/objects/{self.version}/{self.name}"

    def _properties(self) -> list[str]:
        """The names of all properties: those of the portal's own as well."""
        pages = self.client.paginate(
            f"crm/properties/{self.version}/{self.name}", data_selector="results"
        )
        return [row["name"] for page in pages for row in page]

    def _changed_ids(self, since: datetime, until: datetime) -> Iterator[list[str]]:
        changed, last = self.declared["changed"], "0"
        while True:
            filters = [
                {"propertyName": changed, "operator": "GTE", "value": _millis(since)},
                # what changes from now on is the next load's, wherever this one has got to
                {"propertyName": changed, "operator": "LTE", "value": _millis(until)},
                {"propertyName": "hs_object_id", "operator": "GT", "value": last},
            ]
            found = self._post(
                f"{self._path}/search",
                {
                    "filterGroups": [{"filters": filters}],
                    "sorts": ["hs_object_id"],
                    "properties": [changed],
                    "limit": A_SEARCH,
                    "after": "0",
                },
            )
            if not found:
                return
            yield [row["id"] for row in found]
            last = found[-1]["id"]

    def _archived_ids(self, since: datetime) -> Iterator[list[str]]:
        pages = self.client.paginate(
            self._path, params={"archived": "true", "limit": A_BATCH}, data_selector="results"
        )
        for page in pages:
            ids = [row["id"] for row in page if (_time(row.get("archivedAt")) or since) >= since]
            if ids:
                yield ids

    def _read(self, ids: list[str], properties: list[str], archived: bool) -> Iterator[list[Row]]:
        history = self.declared.get("history", [])
        size = A_BATCH_WITH_HISTORY if history else A_BATCH
        for first in range(0, len(ids), size):
            inputs = [{"id": id_} for id_ in ids[first : first + size]]
            rows = self._post(
                f"{self._path}/batch/read?archived={str(archived).lower()}",
                {"inputs": inputs, "properties": properties, "propertiesWithHistory": history},
            )
            for to in self.declared.get("associations", []):
                _associate(rows, self.name, to, self._associated(to, inputs))
            yield rows

    def _associated(self, to: str, inputs: list[dict[str, str]]) -> dict[str, list[Row]]:
        """Id → what the object is associated with; where that is many, it comes in pages."""
        found: dict[str, dict[str, Row]] = defaultdict(dict)
        asked: set[tuple[str, str]] = set()
        path = f"crm/associations/{self.version}/{self.name}/{to}/batch/read"
        while inputs:
            pages = self._post(path, {"inputs": inputs})
            inputs = []
            for page in pages:
                of = page["from"]["id"]
                found[of] |= {str(one["toObjectId"]): one for one in page["to"]}
                if following := (page.get("paging") or {}).get("next"):
                    if (of, following["after"]) in asked:
                        raise TryAgainError(
                            f"HubSpot leads from a page of associations of {of} ({self.name}) to a"
                            " page before it: nothing was loaded, and the next run tries again."
                        )
                    asked.add((of, following["after"]))
                    inputs.append({"id": of, "after": following["after"]})
        return {of: list(others.values()) for of, others in found.items()}

    def _post(self, path: str, body: dict[str, Any]) -> list[Row]:
        """The results of a request that is answered at once."""
        from dlt.sources.helpers.rest_client.paginators import SinglePagePaginator

        pages = self.client.paginate(
            path, "POST", json=body, data_selector="results", paginator=SinglePagePaginator()
        )
        return [row for page in pages for row in page]


def _since(state: dict[str, Any]) -> datetime:
    """Where a load begins: an hour before the time until which the last one had everything."""
    until = state.get(UNTIL)
    return datetime.fromisoformat(until) - OVERLAP if until else BEGINNING


def _note(state: dict[str, Any], rows: list[Row], at: str, began: datetime) -> None:
    """Note until when there is everything: the newest change, by HubSpot's clock.

    One after the load began says nothing of the others that were made since: these the load may
    have missed, if it takes long.
    """
    for row in rows:
        changed = _time(row.get(at))
        if changed and changed <= began:
            state[UNTIL] = max(state.get(UNTIL, ""), changed.isoformat(timespec="milliseconds"))


def _associate(rows: list[Row], name: str, to: str, found: dict[str, list[Row]]) -> None:
    """Put associations into the rows as HubSpot's listing has them, the main one by its type."""
    number, main = MAIN.get((name, to), (0, ""))
    for row in rows:
        results = []
        for other in found.get(row["id"], []):
            numbers = {type_.get("typeId") for type_ in other.get("associationTypes") or []}
            type_ = main if number in numbers else None
            results.append({"id": str(other["toObjectId"]), "type": type_})
        row.setdefault("associations", {})[to] = {"results": results}


def _time(text: Any) -> datetime | None:
    """An ISO time, in UTC; none where it is none."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _millis(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))
