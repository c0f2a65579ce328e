"""The settings refuse what cannot work, and say what to write instead."""

import os
import subprocess
import sys

import pytest

from tests.processes import ROOT

PRODUCTION = {
    "SECRET_KEY": "a-text-that-is-long-enough-and-mixed-0123456789-ABCDEFGHIJ-xyz",
    "DATABASE_URL": "postgres://desk:secret@127.0.0.1:5432/desk",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "EMAIL_URL": "smtp+tls://desk:secret@mail.example.com:587",
    "DESK_ADDRESS": "https://support.example.com",
    "DESK_MAIL_FROM": "support@example.com",
}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs manage.py with exactly this environment."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_settings_pass_the_deploy_check():
    checked = run("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert checked.returncode == 0, checked.stderr


def test_the_trial_needs_nothing(tmp_path):
    checked = run("check", DESK_DATA=str(tmp_path))
    assert checked.returncode == 0, checked.stderr
    secret = tmp_path / "secret-key"
    assert len(secret.read_text().strip()) > 50
    assert secret.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", sorted(PRODUCTION))
def test_production_names_everything(name, tmp_path):
    named = {**PRODUCTION, "DESK_DATA": str(tmp_path), "DESK_TRIAL": "0"}
    del named[name]
    checked = run("check", **named)
    assert checked.returncode != 0
    assert f"{name} is not set. Set it to " in checked.stderr
    assert "Traceback" not in checked.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite:///desk.db"),
        ("DATABASE_URL", "postgres://127.0.0.1"),
        ("REDIS_URL", "amqp://127.0.0.1"),
        ("REDIS_URL", "redis://127.0.0.1:many"),
        ("EMAIL_URL", "mail.example.com"),
        ("DESK_ADDRESS", "support.example.com"),
        ("DESK_MAIL_FROM", "support"),
        ("DESK_MAX_MAIL_BYTES", "0"),
        ("DESK_TIMEZONE", "Europe/Atlantis"),
        ("DESK_TRIAL", "perhaps"),
    ],
)
def test_a_bad_value_is_named_with_what_to_give(name, value, tmp_path):
    checked = run("check", **{**PRODUCTION, "DESK_DATA": str(tmp_path), name: value})
    assert checked.returncode != 0
    assert f"{name}={value!r} does not do. Give " in checked.stderr
    assert "Traceback" not in checked.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://desk:hunter2@127.0.0.1/desk"),
        ("EMAIL_URL", "pigeon://desk:hunter2@mail.example.com"),
        ("REDIS_URL", "amqp://desk:hunter2@127.0.0.1"),
        ("SECRET_KEY", "hunter2"),
    ],
)
def test_a_bad_value_with_a_password_is_not_repeated(name, value, tmp_path):
    checked = run("check", **{**PRODUCTION, "DESK_DATA": str(tmp_path), name: value})
    assert checked.returncode != 0
    assert f"{name} does not do. Give " in checked.stderr
    assert "hunter2" not in checked.stdout + checked.stderr


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "key").write_text(PRODUCTION["SECRET_KEY"])
    named = {**PRODUCTION, "SECRET_KEY_FILE": str(tmp_path / "key")}
    del named["SECRET_KEY"]
    assert run("check", "--deploy", "--fail-level", "WARNING", **named).returncode == 0


def test_an_empty_value_counts_as_unset(tmp_path):
    checked = run("check", DESK_DATA=str(tmp_path), DATABASE_URL="", SECRET_KEY="", REDIS_URL="")
    assert checked.returncode == 0, checked.stderr


def test_every_variable_is_listed_in_the_example():
    settings = (ROOT / "sla_support" / "settings.py").read_text()
    example = (ROOT / ".env.example").read_text()
    import re

    names = set(re.findall(r'read\(\s*"([A-Z_]+)"', settings))
    assert len(names) > 10
    missing = {name for name in names if f"{name}=" not in example}
    assert not missing
