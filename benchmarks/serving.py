"""Pages per second: gunicorn's threads against the one port, on the sign-in page.

    python -m benchmarks.serving [--json]

The page is drawn from its templates through the whole middleware; it asks no database. Beside the
pages per second stand the pages per second of the server's own processor time, which other work on
the machine disturbs less.
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


def processor_seconds(pid: int) -> float:
    """What this process and its children have used."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ticks = 0
    for process in [str(pid), *children]:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


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


Figures = dict[str, list[dict[str, float]]]


def measure() -> Figures:
    """Runs of both servers, one after the other in turn."""
    figures: Figures = {name: [] for name in SERVERS}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "static").mkdir()
        servers = {name: start(command, Path(folder)) for name, command in SERVERS.items()}
        try:
            for _ in range(RUNS):
                for name, command in SERVERS.items():
                    figures[name].append(measure_once(servers[name].pid, port_of(command)))
        finally:
            for server in servers.values():
                server.send_signal(signal.SIGTERM)
                server.wait(10)
    return figures


def measure_once(pid: int, port: int) -> dict[str, float]:
    before = processor_seconds(pid)
    rate = asyncio.run(pages_per_second(port))
    used = processor_seconds(pid) - before
    return {"pages_per_second": round(rate), "per_processor_second": round(rate * SECONDS / used)}


def ratio(figures: Figures, measure_name: str) -> float:
    """The one port's median over gunicorn's."""
    one_port, gunicorn = (
        statistics.median(run[measure_name] for run in figures[name])
        for name in ("one port", "gunicorn")
    )
    return round(one_port / gunicorn, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line for a machine")
    options = parser.parse_args()
    figures = measure()
    ratios = {name: ratio(figures, name) for name in figures["gunicorn"][0]}
    if options.json:
        print(json.dumps({"figures": figures, "ratios": ratios}))
        return
    for name, runs in figures.items():
        for run in runs:
            print(f"{name:<10}{run}")
    print(f"the one port against gunicorn: {ratios}")


if __name__ == "__main__":
    main()
