"""Pages per second: gunicorn's threads against the one port, on the sign-in page.

    python -m benchmarks.serving [--json]

The page is drawn from its templates through the whole middleware; it asks no database.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic
from urllib.request import urlopen

PATH = "/account/login/"
CONNECTIONS = 8
SECONDS = 4.0
RUNS = 3
SERVERS = {
    "gunicorn": ("gunicorn", "sla_support.wsgi", "--threads", "8", "--bind", "127.0.0.1:8301"),
    "one port": ("uvicorn", "sla_support.asgi:application", "--no-access-log", "--port", "8302"),
}


async def visit(port: int, until: float) -> int:
    """Fetches the page over one kept connection until then; returns how often it came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    pages = 0
    while monotonic() < until:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert b" 200 " in head[:20], head
        length = head.split(b"content-length:")[1].split(b"\r\n")[0]
        await reader.readexactly(int(length))
        pages += 1
    writer.close()
    return pages


async def pages_per_second(port: int) -> float:
    until = monotonic() + SECONDS
    visits = await asyncio.gather(*(visit(port, until) for _ in range(CONNECTIONS)))
    return sum(visits) / SECONDS


def start(command: tuple[str, ...], data: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "DESK_DATA": str(data), "DESK_TRIAL": "1", "DESK_THREADS": "8"}
    environment.pop("DESK_COMMAND", None)
    server = subprocess.Popen(
        [sys.executable, "-m", *command], env=environment, stderr=subprocess.DEVNULL
    )
    deadline = monotonic() + 30
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port_of(command)}/livez", timeout=1):
                return server
        except OSError:
            if monotonic() > deadline:
                raise


def port_of(command: tuple[str, ...]) -> int:
    return int(command[-1].rsplit(":", 1)[-1])


def measure() -> dict[str, list[float]]:
    """Runs of both servers, one after the other in turn."""
    figures: dict[str, list[float]] = {name: [] for name in SERVERS}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "static").mkdir()
        servers = [start(command, Path(folder)) for command in SERVERS.values()]
        try:
            for _ in range(RUNS):
                for name, command in SERVERS.items():
                    figures[name].append(asyncio.run(pages_per_second(port_of(command))))
        finally:
            for server in servers:
                server.send_signal(signal.SIGTERM)
                server.wait(10)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line for a machine")
    options = parser.parse_args()
    figures = measure()
    ratio = statistics.median(figures["one port"]) / statistics.median(figures["gunicorn"])
    if options.json:
        print(json.dumps({"pages_per_second": figures, "ratio": round(ratio, 3)}))
        return
    for name, runs in figures.items():
        print(f"{name:<10}{', '.join(f'{figure:.0f}' for figure in runs)} pages/s")
    print(f"the one port reaches {ratio:.0%} of gunicorn")


if __name__ == "__main__":
    main()
