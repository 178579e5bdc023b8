"""The one process that holds a data folder's door, and how another command on this machine finds and talks to it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aurelius.settings import Settings
from aurelius.trouble import Trouble

FILE = "instance.json"
TIMEOUT = 10.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """`url` is on loopback; `token` opens `/local/...` there and lies in a file that only its owner can read."""

    pid: int
    url: str
    token: str

    def ask(self, path: str, data: Mapping[str, str] | None = None) -> dict[str, Any]:
        """GET, or with `data` POST it, from the running process. Raises Trouble with what it answered."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self.url + path, body, headers)  # noqa: S310 - our own
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            raise Trouble(_said(error)) from None
        except (OSError, ValueError) as error:
            raise Trouble(f"The running Aurelius (process {self.pid}) does not answer: {error}.") from None


def find(data_dir: Path) -> Instance | None:
    """The process that runs on this data folder, None when there is none."""
    try:
        found = Instance(**json.loads((data_dir / FILE).read_text(encoding="utf-8")))
        host, _, port = found.url.removeprefix("http://").rpartition(":")
        os.kill(found.pid, 0)
        with socket.create_connection((host.strip("[]"), int(port)), timeout=2):
            return found
    except (OSError, ValueError, TypeError):
        return None


def running(data_dir: Path) -> Instance:
    """The same for who cannot do without it. Raises Trouble."""
    found = find(data_dir)
    if found is None:
        raise Trouble("Aurelius is not running. Start it with `aurelius run` (or `make run`), then try again.")
    return found


@contextmanager
def claim(data_dir: Path, url: str) -> Iterator[Instance]:
    """Be the one. The kernel frees the claim when we die, however that happens. Raises Trouble when it is taken."""
    path = data_dir / FILE
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(already_running(find(data_dir))) from None
        instance = Instance(pid=os.getpid(), url=url, token=secrets.token_urlsafe(32))
        handle.truncate(0)
        handle.write(json.dumps(asdict(instance)))
        handle.flush()
        try:
            yield instance
        finally:
            handle.seek(0)
            handle.truncate(0)


def already_running(instance: Instance | None) -> str:
    if instance is None:
        return "Another Aurelius is just starting or stopping on this data folder. Try again in a moment."
    return (
        f"Aurelius runs already: {instance.url} (process {instance.pid}).\n"
        "Talk to it with `aurelius chat`, sign in with `aurelius link`."
    )


def listen(settings: Settings) -> socket.socket:
    """The bound socket, taken before anything slow is started. Raises Trouble when the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections inherit it; without it an answer in two writes waits 40 ms for the other side's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise Trouble(
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}. "
            "Stop the program that uses it, or set AURELIUS_PORT to a free port."
        ) from None
    listener.setblocking(False)
    return listener


def loopback_url(listener: socket.socket) -> str:
    """Where commands on this machine reach the listener."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - translated, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _said(error: urllib.error.HTTPError) -> str:
    try:
        answer = json.loads(error.read(10_000))
        return f"{answer['error']}. {answer['advice']}"
    except (ValueError, LookupError, TypeError):
        return f"The running Aurelius answered with status {error.code}. Its log says more."
