"""What every benchmark answers with: a table, figures, budgets, and from them the exit status."""

import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Literal

Cell = str | int | float


@dataclass(frozen=True)
class Budget:
    """A limit on one figure. The names are those of the last line."""

    name: str
    value: float
    kind: Literal["at least", "at most"]
    limit: float

    @property
    def is_kept(self) -> bool:
        return self.value >= self.limit if self.kind == "at least" else self.value <= self.limit

    def __str__(self) -> str:
        word = "kept" if self.is_kept else "MISSED"
        return f"{word:<7} {self.name} {number(self.value)} ({self.kind} {number(self.limit)})"


@dataclass
class Report:
    """One run. `scale` tells a smaller run from a full one; `setting` says on what data."""

    name: str
    scale: float
    setting: str
    columns: Sequence[str]
    rows: list[Sequence[Cell]] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    budgets: list[Budget] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def judge(self, name: str, value: float, kind: Literal["at least", "at most"], limit: float):
        """Add a figure and the budget it has to keep."""
        self.figures[name] = value
        self.budgets.append(Budget(name, value, kind, limit))

    def note_versions(self, packages: Iterable[str]) -> None:
        self.versions = {"Python": platform.python_version()}
        self.versions |= {package: version(package) for package in packages}

    @property
    def is_within_budget(self) -> bool:
        return all(budget.is_kept for budget in self.budgets)

    def as_text(self) -> str:
        """The table, the setting, every budget; the last line is the figures."""
        cells = [list(map(str, self.columns))]
        cells += [[number(cell) for cell in row] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        table = [
            "  ".join(
                cell.ljust(width) if place == 0 else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in cells
        ]
        versions = ", ".join(f"{name} {found}" for name, found in self.versions.items())
        figures = " ".join(f"{name}={number(value)}" for name, value in self.figures.items())
        return "\n".join(
            [
                f"{self.name} (scale {self.scale:g}): {self.setting}",
                versions,
                "",
                *table,
                "",
                *map(str, self.budgets),
                f"{self.name}: {figures}",
            ]
        )

    def as_json(self) -> str:
        document: dict[str, Any] = {
            "name": self.name,
            "scale": self.scale,
            "setting": self.setting,
            "versions": self.versions,
            "table": [dict(zip(self.columns, row, strict=True)) for row in self.rows],
            "figures": self.figures,
            "budgets": [{**vars(budget), "is_kept": budget.is_kept} for budget in self.budgets],
            "is_within_budget": self.is_within_budget,
        }
        return json.dumps(document)


def number(value: Cell) -> str:
    """Three significant digits for what was measured; counts and words as they are."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
