"""As much of a browser as a shop needs: one open connection, cookies, forms, redirects. Small, because it runs beside what
it measures."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlencode, urlsplit

_COOKIE = re.compile(r"^set-cookie: ([^=]+)=([^;]*)", re.I | re.M)
_LENGTH = re.compile(r"^content-length: (\d+)", re.I | re.M)
_LOCATION = re.compile(r"^location: (\S+)", re.I | re.M)
_FIELD = re.compile(r'name="([^"]+)" value="([^"]*)"')
REDIRECTS = (301, 302, 303)


class Unexpected(Exception):
    """The shop answered with something else than it should."""


class Browser:
    """A visitor of one shop, with an address of their own as behind a proxy. `page` and `path` are where they are now."""

    def __init__(self, address: str, host: str, number: int) -> None:
        self._server = (address.split(":")[0], int(address.split(":")[1]))
        self._connection: socket.socket | None = None
        self._fixed = f"Host: {host}\r\nX-Forwarded-For: 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}\r\n"
        self.cookies: dict[str, str] = {}
        self.page = ""
        self.path = ""

    def get(self, path: str) -> str:
        """Go to a page, and on where it leads; raises Unexpected for an error."""
        return self._go("GET", path, b"")

    def post(self, path: str, form: dict[str, str]) -> str:
        """Send a form with the token that its page had, and go where that leads."""
        fields = {"csrfmiddlewaretoken": self.hidden("csrfmiddlewaretoken"), **form}
        return self._go("POST", path, urlencode(fields).encode())

    def hidden(self, name: str) -> str:
        """A hidden field of the page one is on; raises Unexpected where it has none."""
        for found, value in _FIELD.findall(self.page):
            if found == name:
                return str(value)
        raise Unexpected(f"no field {name} on {self.path}")

    def stroll(self) -> None:
        """Forget everything but the page one is on, and the cookie of its forms: somebody new."""
        self.cookies = {name: value for name, value in self.cookies.items() if name == "csrftoken"}

    def _go(self, method: str, path: str, body: bytes) -> str:
        came_from = self.path
        for _hop in range(6):
            status, head, self.page = self._exchange(method, path, body, came_from)
            self.path = path
            if status not in REDIRECTS:
                break
            found = _LOCATION.search(head)
            target = urlsplit(found[1] if found else "")
            path, method, body = target.path + (f"?{target.query}" if target.query else ""), "GET", b""
        if status != 200:
            raise Unexpected(f"{status} at {path}")
        return self.page

    def _exchange(self, method: str, path: str, body: bytes, came_from: str) -> tuple[int, str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines = f"{method} {path} HTTP/1.1\r\n{self._fixed}Accept-Language: fr\r\n"
        if cookies:
            lines += f"Cookie: {cookies}\r\n"
        if body:
            host = self._fixed.split("\r\n")[0].removeprefix("Host: ")
            lines += (
                f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
                f"Origin: http://{host}\r\nReferer: http://{host}{came_from}\r\n"
            )
        head, content = self._send(f"{lines}\r\n".encode() + body)
        self.cookies |= dict(_COOKIE.findall(head))
        return int(head[9:12]), head, content

    def _send(self, message: bytes) -> tuple[str, str]:
        """Over the open connection, or a new one where the server has closed it meanwhile."""
        if self._connection is not None:
            try:
                return self._talk(self._connection, message)
            except ConnectionError:
                self._connection.close()
        self._connection = socket.create_connection(self._server, timeout=30)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._talk(self._connection, message)

    @staticmethod
    def _talk(connection: socket.socket, message: bytes) -> tuple[str, str]:
        connection.sendall(message)
        received = bytearray()
        end = -1
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += _some(connection)
        head = received[:end].decode("latin-1")
        length = _LENGTH.search(head)
        if length is None:
            raise Unexpected(f"no length: {head[:200]}")
        while len(received) < end + 4 + int(length[1]):
            received += _some(connection)
        return head, received[end + 4 :].decode()


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionResetError
    return data
