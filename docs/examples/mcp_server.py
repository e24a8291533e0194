import asyncio
import hashlib
from contextlib import asynccontextmanager
from urllib.parse import quote

import httpx


def session_id_of(paths: list[str]) -> str:
    """The same files give the same session, in whatever order they come."""
    return hashlib.md5("|".join(sorted(paths)).encode()).hexdigest()[:16]


@asynccontextmanager
async def leased_store(service: str, session_id: str, own_store):
    """The session's vector store, its lease renewed until the block ends.

    `own_store` is awaited for a store of your own while the service is away. Yields the store id and an
    event that is set when the lease is lost, and the store with it.
    """
    lost = asyncio.Event()
    session = f"{service}/session/{quote(session_id, safe='')}"
    async with httpx.AsyncClient(timeout=10) as http:
        lease = await acquire(http, session)
        if lease is None:
            yield await own_store(), lost
            return
        store_id, seconds = lease
        renewal = asyncio.create_task(keep(http, session, seconds / 3, lost))
        try:
            yield store_id, lost
        finally:
            renewal.cancel()  # nothing to clean up: the lease ends by itself


async def acquire(http: httpx.AsyncClient, session: str) -> tuple[str, float] | None:
    """Store id and seconds of the lease; None when the service is unreachable or answers 5xx."""
    while True:
        try:
            answer = await http.post(f"{session}/acquire")
        except httpx.TransportError:
            return None
        if answer.status_code >= 500:
            return None
        if answer.status_code == 429:
            # The service is there: a store of your own would only add to the crowd.
            await asyncio.sleep(float(answer.headers.get("retry-after", 1)))
            continue
        answer.raise_for_status()
        return answer.json()["vector_store_id"], float(answer.headers.get("x-lease-seconds", 3600))


async def keep(http: httpx.AsyncClient, session: str, every: float, lost: asyncio.Event) -> None:
    """Renews for ever. While the service is away the lease lives on; only a 404 says that it has ended."""
    while not lost.is_set():
        await asyncio.sleep(every)
        try:
            answer = await http.post(f"{session}/renew", timeout=5)
        except httpx.TransportError:
            continue
        if answer.status_code == 404:
            lost.set()
