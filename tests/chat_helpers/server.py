"""A real HTTP server on loopback that plays a chat server: well, badly, slowly, or not at all."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What the server sends: a status, headers, a body, after so many seconds."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    seconds: float = 0.0


Play = Callable[[dict[str, Any], int], Answer]
"""What to answer to the body of a request, and the how manieth it is, from 0."""


@dataclass
class Server:
    """A server that is running: its address, and the requests that it got: path, headers, body."""

    url: str
    seen: list[tuple[str, dict[str, str], dict[str, Any]]] = field(
        default_factory=list[tuple[str, dict[str, str], dict[str, Any]]]
    )

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [body for _, _, body in self.seen]


def says(text: object, *, finish: str = "stop", tool: bool = False) -> Answer:
    """A chat completion: of a text, or of data as JSON; or the call of a tool with it."""
    text = text if isinstance(text, str) else json.dumps(text)
    call = {"id": "1", "type": "function", "function": {"name": "answer", "arguments": text}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]} if tool else {"content": text}
    usage = {"prompt_tokens": 11, "completion_tokens": 7}
    whole = {"choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage}
    return Answer(body=json.dumps(whole).encode())


def error(status: int, message: str, code: str | None = None, **headers: str) -> Answer:
    """An error in OpenAI's envelope."""
    whole = {"error": {"message": message, "code": code}}
    return Answer(status=status, body=json.dumps(whole).encode(), headers=headers)


@contextmanager
def serving(play: Play) -> Iterator[Server]:
    """A server that answers as `play` says, for as long as the block lasts."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                number = len(server.seen)
                server.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            answer = play(body, number)
            time.sleep(answer.seconds)
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Server(f"http://127.0.0.1:{http.server_address[1]}/v1")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(5)
