"""The short way in: one call that plans, writes and revises."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from hierdiff.document import Document
from hierdiff.errors import RunError
from hierdiff.events import Event, Finished
from hierdiff.plugins import DEFAULT_BACKEND, default_planner, open_backend, open_planner, open_retriever
from hierdiff.prompts import Templates
from hierdiff.protocols import Backend, Planner, Retriever
from hierdiff.request import Request
from hierdiff.settings import Settings
from hierdiff.writer import Writer


async def stream(
    request: Request | str,
    *,
    words: int | None = None,
    planner: Planner | str | None = None,
    backend: Backend | str = DEFAULT_BACKEND,
    settings: Settings | None = None,
    sources: Retriever | str | Path | None = None,
    templates: Templates | Path | None = None,
) -> AsyncIterator[Event]:
    """The events of a run, from `Planned` to `Finished`. A backend given as a URI is opened and closed here.

    `sources` is a folder (or a retriever) that sections are given passages from; `templates` a folder whose templates
    go before ours.
    """
    request = _request(request, words)
    planner = default_planner(request.kind) if planner is None else planner
    planner = open_planner(planner) if isinstance(planner, str) else planner
    opened = await asyncio.to_thread(open_backend, backend) if isinstance(backend, str) else backend
    try:
        writer = Writer(
            planner,
            opened,
            settings=settings,
            templates=Templates(templates) if isinstance(templates, Path) else templates,
            retriever=open_retriever(str(sources)) if isinstance(sources, str | Path) else sources,
        )
        async for event in writer.stream(request):
            yield event
    finally:
        if isinstance(backend, str):
            await opened.close()


async def write(
    request: Request | str,
    *,
    words: int | None = None,
    planner: Planner | str | None = None,
    backend: Backend | str = DEFAULT_BACKEND,
    settings: Settings | None = None,
    sources: Retriever | str | Path | None = None,
    templates: Templates | Path | None = None,
) -> Document:
    """The finished document of a request (or of a goal and a number of words)."""
    found: Document | None = None
    events = stream(
        request,
        words=words,
        planner=planner,
        backend=backend,
        settings=settings,
        sources=sources,
        templates=templates,
    )
    async for event in events:
        if isinstance(event, Finished):
            found = event.document
    if found is None:
        raise RunError("the run ended without a document")
    return found


def write_sync(
    request: Request | str,
    *,
    words: int | None = None,
    planner: Planner | str | None = None,
    backend: Backend | str = DEFAULT_BACKEND,
    settings: Settings | None = None,
    sources: Retriever | str | Path | None = None,
    templates: Templates | Path | None = None,
) -> Document:
    """`write` for programs without an event loop."""
    return asyncio.run(
        write(
            request,
            words=words,
            planner=planner,
            backend=backend,
            settings=settings,
            sources=sources,
            templates=templates,
        )
    )


def _request(request: Request | str, words: int | None) -> Request:
    if isinstance(request, str):
        return Request(goal=request) if words is None else Request(goal=request, words=words)
    return request if words is None else request.changed(words=words)
