"""The shared conformance cases: beside the checkout where they are kept, else our copy."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
COPY = ROOT / "tests" / "vectors"


def case_file(name: str) -> Path:
    shared = ROOT.parent / "shared" / "vectors" / name
    return shared if shared.is_file() else COPY / name


def cases_of(name: str) -> list[dict[str, Any]]:
    with case_file(name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def verb_of(case: dict[str, Any]) -> str:
    return case.get("verb") or "clocks"


def instants_read(value: Any) -> Any:
    """The same value with every text that is an instant turned into one, to compare by."""
    if isinstance(value, dict):
        return {key: instants_read(each) for key, each in value.items()}
    if isinstance(value, list):
        return [instants_read(each) for each in value]
    if isinstance(value, str) and value[4:5] == "-" and "T" in value:
        return datetime.fromisoformat(value)
    return value
