"""Google and Facebook as a process of its own: `python -m tests.simulators.openid`. Prints its address, then serves.

It says yes to whoever asks, as the person that `POST /_control/person` named last.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from waitress.server import create_server

from tests.simulators.openid.app import make_app


def main() -> None:
    """Serve on a free port of this machine until the process is ended."""
    server = create_server(make_app(), host="127.0.0.1", port=0, threads=4)
    print(f"http://127.0.0.1:{server.effective_port}", flush=True)
    server.run()


if __name__ == "__main__":
    main()
