"""TCP ports of the loopback addresses."""

from __future__ import annotations

import errno
import socket

from baobab.runtime.problems import RuntimeProblem


def parse(text: str, *, name: str) -> int:
    """Return the port number in `text`.

    Raises:
        RuntimeProblem: it is not a number from 1 to 65535.
    """
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise RuntimeProblem(f"{name} must be a port number from 1 to 65535, not {text!r}.")


def addresses() -> list[tuple[int, str]]:
    """Return the loopback addresses of this machine as (family, address); a browser may take either for localhost."""
    found = [(int(socket.AF_INET), "127.0.0.1")]
    if _refusal(socket.AF_INET6, "::1", 0) is None:
        found.append((int(socket.AF_INET6), "::1"))
    return found


def _refusal(family: int, address: str, port: int) -> int | None:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
            probe.listen()
    except OSError as error:
        return error.errno or errno.EINVAL
    return None


def is_free(port: int) -> bool:
    """Whether nothing listens on `port` of any loopback address."""
    return all(_refusal(family, address, port) is None for family, address in addresses())


def has_listener(port: int) -> bool:
    """Whether something accepts connections on `port`; unlike `is_free` it never stands in a server's way."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def require_free(port: int) -> None:
    """Raise RuntimeProblem, in plain words, when the web port cannot be used."""
    for family, address in addresses():
        reason = _refusal(family, address, port)
        if reason == errno.EACCES:
            raise RuntimeProblem(f"Port {port} needs more rights than you have. Choose another: make run PORT=8000")
        if reason is not None:
            other = port + 1 if port < 65535 else 8000
            raise RuntimeProblem(
                f"Port {port} is already in use by another program.\n"
                f"Stop that program, or choose another port: make run PORT={other}"
            )


def free_port(preferred: int) -> int:
    """Return `preferred` if it is free, else a free port chosen by the system."""
    if preferred < 65536 and is_free(preferred):
        return preferred
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
