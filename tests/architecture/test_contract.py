"""The import contract holds, and would be missed if it were broken."""

import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from tests.architecture.tree import ROOT

BREACHES = {
    "the core asks the framework": ("tickets/domain/errors.py", "import django.db"),
    "a model asks a service": ("tickets/models/clock.py", "import tickets.services.intake"),
    "a selector asks a service": ("tickets/selectors/access.py", "import tickets.services.intake"),
    "the desk asks its wiring": ("tickets/services/intake.py", "import sla_support.places"),
    "a module without a floor": ("tickets/helpers.py", ""),
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contract_is_kept():
    checked = lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")
    count = sum(section.startswith("importlinter:contract:") for section in contracts.sections())
    assert f"Contracts: {count} kept, 0 broken." in checked.stdout


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_caught(breach, tmp_path):
    for package in ("sla_support", "tickets"):
        copytree(ROOT / package, tmp_path / package, ignore=ignore_patterns("__pycache__"))
    (tmp_path / ".importlinter").write_text((ROOT / ".importlinter").read_text())
    path, line = BREACHES[breach]
    with (tmp_path / path).open("a") as module:
        module.write(f"\n{line}\n")
    checked = lint_imports(tmp_path)
    assert checked.returncode != 0, breach
    assert "helpers" in checked.stdout or "broken" in checked.stdout
