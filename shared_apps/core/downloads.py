"""Files that somebody sent us, or that we made for somebody, on their way to a browser."""

from __future__ import annotations

# Never run, never framed, never guessed at by the browser, and kept by nobody on the way.
SEALED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}
