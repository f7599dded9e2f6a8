"""HTTP service that lists and takes snapshots, with FastAPI.

    pip install fastapi uvicorn "lightsail-snap[aio]"
    uvicorn fastapi_service:app
    curl -X POST http://127.0.0.1:8000/disks/Disk-1/snapshots/db-1 -H "Idempotency-Key: $(uuidgen)"

The models of lightsail_snap are pydantic models: FastAPI documents them at /docs.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse

from lightsail_snap import (
    AsyncLightsailSnapClient,
    DiskSnapshot,
    DiskSource,
    LightsailSnapError,
    NameConflictError,
    NotFoundException,
    RequestValidationError,
)

STATUS: dict[type[LightsailSnapError], int] = {
    NotFoundException: 404,
    NameConflictError: 409,
    RequestValidationError: 422,
}


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """Use one client for all requests."""
    async with AsyncLightsailSnapClient() as client:
        yield {"client": client}


app = FastAPI(lifespan=lifespan)


@app.get("/snapshots")
async def list_snapshots(request: Request) -> list[DiskSnapshot]:
    """Return all disk snapshots of the Region."""
    client: AsyncLightsailSnapClient = request.state.client
    return await client.iter_disk_snapshots().list()


@app.post("/disks/{disk}/snapshots/{name}", status_code=201)
async def take_snapshot(
    request: Request, disk: str, name: str, idempotency_key: Annotated[str, Header()]
) -> DiskSnapshot:
    """Take a snapshot and wait for it. A repeated request with the same key finds the first one."""
    client: AsyncLightsailSnapClient = request.state.client
    return await client.take_disk_snapshot(name, DiskSource(disk), client_token=idempotency_key)


@app.exception_handler(LightsailSnapError)
async def report(_: Request, error: LightsailSnapError) -> JSONResponse:
    """Map errors to HTTP status codes; 502 for all others."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 502)
    return JSONResponse({"detail": str(error)}, status)
