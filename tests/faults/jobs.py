"""Tasks for a worker under test: they leave traces in files."""

import time
from pathlib import Path
from typing import Any

from celery import shared_task


@shared_task
def note(path: str, **kwargs: Any) -> None:
    """Makes the file `path`."""
    Path(path).touch()


@shared_task
def hold(folder: str, **kwargs: Any) -> None:
    """Makes `begun`, waits for `release` (at most a minute), makes `ended`.

    An unacknowledged task comes again after its broker was lost; the second finds it is done.
    """
    try:
        Path(folder, "begun").touch(exist_ok=False)
    except FileExistsError:
        return
    deadline = time.monotonic() + 60
    while not Path(folder, "release").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    Path(folder, "ended").touch()
