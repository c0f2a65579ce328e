"""The project's own files, as the architecture tests look at them."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

_NOT_OURS = {"node_modules", "staticfiles", "var", "__pycache__"}


def files(*suffixes: str, below: str = ".") -> Iterator[Path]:
    """Every file of the project with one of these suffixes; all files when none is given."""
    for path in sorted((ROOT / below).rglob("*")):
        parts = path.relative_to(ROOT).parts
        if any(part in _NOT_OURS for part in parts) or _is_hidden_from_view(parts):
            continue
        if path.is_file() and (not suffixes or path.suffix in suffixes):
            yield path


def _is_hidden_from_view(parts: tuple[str, ...]) -> bool:
    return parts[0].startswith(".") and parts[0] not in {".ci", ".githooks", ".importlinter"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))
