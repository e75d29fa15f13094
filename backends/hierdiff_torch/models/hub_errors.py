"""Why a checkpoint of the hub cannot be had, in our own words: one line with the remedy.

Nothing of a library's error is shown but its kind and the status of an answer: the rest may hold a token or an address
that is signed.
"""

import errno
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from hierdiff.errors import MisuseError, ModelError

_FULL = (errno.ENOSPC, errno.EDQUOT)


class HubError(ModelError, MisuseError):
    """A checkpoint of the hub cannot be had. Nothing was started: another id, a token or a network is needed."""


def reason(name: str, error: Exception, store: Path, endpoint: str) -> HubError:
    """The error that tells what to do about another that came up while `name` was fetched into `store`."""
    host, chain = _host(endpoint), list(_chain(error))
    for one in chain:
        if isinstance(one, HfHubHTTPError):
            return HubError(_answered(name, one, host), about=name)
        if isinstance(one, OfflineModeIsEnabled):
            return absent(name, "unset HF_HUB_OFFLINE to fetch it")
        if isinstance(one, OSError) and one.errno in _FULL:
            return HubError(f"the disk of {store} is full; free some space or set HF_HOME to a larger one", about=name)
        if isinstance(one, OSError) and one.strerror and one.filename and not isinstance(one, ConnectionError):
            return HubError(f"{name} cannot be stored under {store}: {one.strerror}; set HF_HOME", about=name)
    kind = type(chain[-1]).__name__
    return HubError(
        f"{name} could not be fetched from {host} ({kind}); check the network and try again, what has arrived is kept",
        about=name,
    )


def absent(name: str, remedy: str) -> HubError:
    """The error of a checkpoint that is not in the cache and is not, or cannot be, fetched."""
    return HubError(f"{name} is not in the hub's cache, or not all of it; {remedy}", about=name)


def _answered(name: str, error: HfHubHTTPError, host: str) -> str:
    status = error.response.status_code
    if isinstance(error, GatedRepoError):
        return f"{name} is gated: accept its terms on its page at {host}, then set HF_TOKEN or run 'hf auth login'"
    if isinstance(error, RevisionNotFoundError):
        return f"{name}: {host} has no such revision; give a branch, a tag or a commit after '@', or none"
    if isinstance(error, RepositoryNotFoundError):
        return f"{host} has no {name}, or it is private: check the id; for a private one set HF_TOKEN"
    if status == 401:
        return f"{name} cannot be read without a valid token from {host}; check the id, and set HF_TOKEN to a valid one"
    if status == 403:
        return f"{host} does not let this token read {name}; ask for access, or set HF_TOKEN to another"
    if status == 429:
        return f"{host} gets too many requests from here (429); wait a few minutes and try {name} again"
    return f"{host} answered {status} when asked for {name}; try again later, what has arrived is kept"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and so on: the library hides an answer behind 'not in the cache'."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


def _host(endpoint: str) -> str:
    """The host of an address, without a user and a password that it may hold."""
    try:
        return urlsplit(endpoint).hostname or "the hub"
    except ValueError:
        return "the hub"
