"""A switch that keeps tests on this machine."""

import ipaddress
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch


class NetworkUsedError(AssertionError):
    """Something tried to leave this machine while `no_network` was open.

    An AssertionError and not an OSError, so that no client takes it for a bad connection and tries again.
    """


@contextmanager
def no_network() -> Generator[list[str]]:
    """While open, connecting, sending or looking up a name beyond loopback raises NetworkUsedError.

    Gives the list of what was refused, for code that swallows the error; a refused socket is closed. Unix sockets and
    loopback work as ever. It holds for the whole process, other threads too, and serves as a decorator and in a
    fixture as well.
    """
    refused: list[str] = []

    def stop(address: object) -> None:
        refused.append(str(address))
        raise NetworkUsedError(f"this code may not use the network, but tried to reach {address!r}")

    def guarded(original: Callable[..., Any], which: int) -> Callable[..., Any]:
        def method(self: socket.socket, *args: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(args[which]):
                self.close()
                stop(args[which])
            return original(self, *args)

        return method

    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **more: Any) -> Any:
        if not _is_number(host) and not _is_local((host,)):
            stop(host)
        return resolve(host, *args, **more)

    with (
        patch.object(socket.socket, "connect", guarded(socket.socket.connect, 0)),
        patch.object(socket.socket, "connect_ex", guarded(socket.socket.connect_ex, 0)),
        patch.object(socket.socket, "sendto", guarded(socket.socket.sendto, -1)),
        patch.object(socket, "getaddrinfo", getaddrinfo),
    ):
        yield refused


def _is_local(address: Any) -> bool:
    """Whether an address as sockets take it (host first) stays on this machine."""
    host = address[0] if isinstance(address, tuple) and address else address
    host = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if host is None or host in ("", "localhost"):
        return True
    if not _is_number(host):
        return False
    number = ipaddress.ip_address(str(host).partition("%")[0])
    inner = getattr(number, "ipv4_mapped", None) or number
    return inner.is_loopback or inner.is_unspecified


def _is_number(host: Any) -> bool:
    """Whether a host is written as an IP address, which takes no network to look up."""
    host = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    try:
        ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return True
