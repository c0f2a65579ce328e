"""Where a desk keeps its things. Computed from the data folder alone; nothing is created here."""

import hashlib
import os
from pathlib import Path

#: Linux refuses a unix socket path longer than this many bytes.
_SOCKET_PATH_LIMIT = 107

_POSTGRES_SOCKET = ".s.PGSQL.5432"


def fingerprint(data: Path) -> str:
    """A short name of this data folder: equal for every way of spelling its path."""
    return hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]


def socket_folder(data: Path) -> Path:
    """The folder of the embedded engines' sockets, known before any engine runs.

    Root's engines run as another user, who may not reach the data folder: their sockets live in
    /run. Otherwise they live in the data folder, or in /tmp when its path is too long for a socket.
    """
    if os.geteuid() == 0 and os.access("/run", os.W_OK):
        return Path("/run/sla-support") / fingerprint(data)
    near = data.resolve() / "run"
    if os.geteuid() != 0 and len(os.fsencode(near / f"{_POSTGRES_SOCKET}.lock")) < (
        _SOCKET_PATH_LIMIT
    ):
        return near
    return Path("/tmp") / f"sla-support-{os.geteuid()}-{fingerprint(data)}"


def postgres_socket(data: Path) -> Path:
    return socket_folder(data) / _POSTGRES_SOCKET


def valkey_socket(data: Path) -> Path:
    return socket_folder(data) / "valkey.sock"
