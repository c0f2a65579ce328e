"""The scripts as a newcomer's shell runs them, up to where the network would begin."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.processes import ROOT

SCRIPTS = ("script/server", "script/test", "script/check", ".ci/run", ".githooks/pre-commit")


def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.fixture
def checkout(tmp_path) -> Path:
    """The scripts in a folder with a space, beside a Python that tells what it is asked to run."""
    folder = tmp_path / "a desk"
    shutil.copytree(ROOT / "script", folder / "script")
    for name in ("requirements.txt", "requirements-dev.txt"):
        (folder / name).write_text(f"# {name}\n")
    (folder / "manage.py").touch()
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").write_text('#!/bin/sh\nfor word; do printf "<%s>" "$word"; done; echo\n')
    (programs / "python").chmod(0o755)
    return folder


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_can_be_run_and_is_well_formed(script):
    path = ROOT / script
    assert os.access(path, os.X_OK)
    shell = path.read_text().splitlines()[0].removeprefix("#!").split()[-1]
    assert run([Path(shell).name, "-n", str(path)]).returncode == 0


def test_the_server_script_hands_its_options_on(checkout, tmp_path):
    script = str(checkout / "script" / "server")
    started = run([script, "--port", "8123", "--no-demo", "--data", "my data"], cwd=tmp_path)
    assert started.returncode == 0, started.stderr
    asked = started.stdout.splitlines()[-1]
    assert asked == (
        f"<manage.py><up><--demo><--port><8123><--no-demo><--data><{tmp_path}/my data>"
    )
    absolute = run([script, "--data=/srv/desk", "--data=near"], cwd=tmp_path).stdout
    assert absolute.splitlines()[-1].endswith(f"<--data=/srv/desk><--data={tmp_path}/near>")


def test_requirements_are_installed_once_and_again_when_they_change(checkout):
    script = str(checkout / "script" / "server")
    assert "installing requirements.txt" in run([script]).stdout
    assert "installing" not in run([script]).stdout
    (checkout / "requirements.txt").write_text("# another\n")
    again = run([script]).stdout
    assert "installing requirements.txt" in again
    assert "<-m><pip><install>" in again


def test_without_a_python_it_says_what_is_missing(checkout, tmp_path):
    shutil.rmtree(checkout / ".venv")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "dirname", "cat", "cksum", "basename", "id"):
        (programs / name).symlink_to(shutil.which(name) or "")
    (programs / "python3").write_text("#!/bin/sh\nexit 1\n")  # one that is too old
    (programs / "python3").chmod(0o755)
    refused = run([str(checkout / "script" / "server")], env={"PATH": str(programs)})
    assert refused.returncode == 1
    assert "Python 3.11 or newer is needed" in refused.stderr
    assert "apt-get install python3" in refused.stderr


def test_the_pipeline_runs_the_tests_script_and_nothing_else():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert lines[-1] == "script/test"
    assert len(lines) == 4
