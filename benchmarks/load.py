"""Sends requests at a steady rate, whether they are answered or not, and says how long each answer took.

A process of its own. Requests come on standard input, a JSON object {method, path, headers, body} a line; the answer on
standard output is one JSON object. Each request has its own connection, as from a provider. A time runs from the moment
the request was due, so that one the sender could not send in time counts as slow.

    python -m benchmarks.load --address 127.0.0.1:8000 --rate 200 < requests
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter

TIMEOUT = 30.0


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    parser.add_argument("--rate", type=float, required=True, help="requests a second")
    options = parser.parse_args()
    host, _, port = options.address.partition(":")
    messages = [as_message(json.loads(line)) for line in sys.stdin]
    seconds = [0.0] * len(messages)
    statuses: Counter[str] = Counter()
    started = time.perf_counter() + 1

    async def send(number: int, message: bytes) -> None:
        due = started + number / options.rate
        await asyncio.sleep(due - time.perf_counter())
        try:
            statuses[await asyncio.wait_for(exchange(host, int(port), message), TIMEOUT)] += 1
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as failure:
            statuses[type(failure).__name__] += 1
        seconds[number] = time.perf_counter() - due

    await asyncio.gather(*(send(number, message) for number, message in enumerate(messages)))
    taken = time.perf_counter() - started
    json.dump({"seconds": seconds, "statuses": statuses, "taken": taken}, sys.stdout)


def as_message(request: dict[str, object]) -> bytes:
    """The request as it goes over the wire."""
    body = str(request["body"]).encode()
    headers = {"Host": "localhost", "Connection": "close", "Content-Length": len(body), **dict(request["headers"])}  # type: ignore[call-overload]  # as the benchmark wrote it
    lines = [
        f"{request['method']} {request['path']} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def exchange(host: str, port: int, message: bytes) -> str:
    """One request on its own connection, read to the end; the status."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(message)
        answer = await reader.read()
        if not answer:
            raise ConnectionResetError
        return answer.split(b" ", 2)[1].decode()
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(main())
