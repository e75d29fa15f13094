"""A hub on this machine: the few routes that fetching a checkpoint takes, over real HTTP, and what was asked of it."""

import hashlib
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import final
from urllib.parse import unquote, urlsplit

SHA = "5" * 40
ID = "owner/tiny-llada"

Refusal = tuple[int, str]
"""A status, and the code by which the hub says what it means."""


@final
class Hub:
    """A repository of `files`. `refuse` may answer for it; the body of `cut` breaks off half-way, every time."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files, self.asked, self.tokens = files, list[str](), set[str | None]()
        self.refuse: Callable[[str], Refusal | None] = lambda path: None
        self.cut: str | None = None
        self.endpoint = ""

    @property
    def bodies(self) -> set[str]:
        """The files whose content was asked for."""
        return {line.rpartition("/")[2] for line in self.asked if line.startswith("GET") and "/resolve/" in line}

    def entry(self, name: str) -> dict[str, object]:
        """A file as the hub lists it."""
        return {"type": "file", "path": name, "oid": _oid(self.files[name]), "size": len(self.files[name])}


@contextmanager
def serving(hub: Hub) -> Generator[Hub]:
    """The hub on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _answer(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.asked.append(f"{self.command} {path}")
            hub.tokens.add(self.headers["Authorization"])
            refused = hub.refuse(path)
            if refused is not None:
                return self._send(refused[0], b"", {"X-Error-Code": refused[1], "X-Error-Message": refused[1]})
            if path in (f"/api/models/{ID}", f"/api/models/{ID}/revision/main", f"/api/models/{ID}/revision/{SHA}"):
                listed = [{"rfilename": name, "size": len(body)} for name, body in hub.files.items()]
                return self._json({"id": ID, "sha": SHA, "siblings": listed})
            if path == f"/api/models/{ID}/tree/{SHA}":
                return self._json([hub.entry(name) for name in hub.files])
            start, _, name = path.partition(f"/{ID}/resolve/{SHA}/")
            if start == "" and name in hub.files:
                return self._file(name)
            self._send(404, b"", {"X-Error-Code": "RevisionNotFound" if "/revision/" in path else "RepoNotFound"})

        def _json(self, said: object) -> None:
            self._send(200, json.dumps(said).encode(), {"Content-Type": "application/json"})

        def _file(self, name: str) -> None:
            body = hub.files[name]
            self._send(200, body, {"ETag": f'"{_oid(body)}"', "X-Repo-Commit": SHA}, short=name == hub.cut)

        def _send(self, status: int, body: bytes, headers: dict[str, str], *, short: bool = False) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body[: len(body) // 2] if short else body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _oid(body: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()
