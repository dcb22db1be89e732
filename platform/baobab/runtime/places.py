"""Where the embedded servers keep their files, and which Unix account may reach them.

As an ordinary user everything is in the checkout's `.data/`, closed to others. PostgreSQL refuses to run as root, so
for root the server runs as `nobody` with a *private group*: a number no account has, given to the server process and
to the directory around its files (mode 710). The way in is then open to root and to that server, and to no other
process, not even another one of `nobody`. If `nobody` cannot reach the checkout, the files go to a directory outside
it, whose owner and mode are checked before it is trusted.
"""

from __future__ import annotations

import grp
import hashlib
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from baobab.runtime.problems import RuntimeProblem

_LONGEST_SOCKET_HOME = 80  # a socket's path must stay under 107 characters; "/srv/.s.PGSQL.5432" is added to this
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")


class ProcessAccount(TypedDict, total=False):
    """The arguments of `subprocess.run` that choose an account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """The Unix account a server runs as; `switch` is false when it is our own."""

    uid: int
    gid: int
    switch: bool

    def for_process(self) -> ProcessAccount:
        """Return what `subprocess.run` needs to run as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def can_use(self, directory: Path) -> bool:
        """Whether the account can enter `directory` and write there. It is tried, since modes do not tell it all."""
        return self._succeeds('cd "$1" && : > .probe && rm .probe', directory)

    def can_read(self, file: Path) -> bool:
        """Whether the account can read `file`, again by trying."""
        return self._succeeds('exec < "$1"', file)

    def _succeeds(self, script: str, path: Path) -> bool:
        command = ["/bin/sh", "-c", script, "sh", str(path)]
        try:
            done = subprocess.run(command, cwd="/", capture_output=True, check=False, **self.for_process())
        except (OSError, ValueError, subprocess.SubprocessError):
            return False
        return done.returncode == 0


def server_account(home: Path) -> Account:
    """Return the account of the server whose files are in `home`: ourselves, or for root, nobody in a private group."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    try:
        uid = pwd.getpwnam("nobody").pw_uid
    except KeyError:
        raise RuntimeProblem(
            "PostgreSQL cannot run as root, and this machine has no account named nobody to run it as.\n"
            "Run the command as an ordinary user, or set DATABASE_URL to a PostgreSQL server."
        ) from None
    known = home.stat().st_gid if home.exists() else 0
    return Account(uid, known if _is_private_group(known) else _new_private_group(), switch=True)


def _is_private_group(number: int) -> bool:
    try:
        grp.getgrgid(number)
    except KeyError:
        return True
    return False


def _new_private_group() -> int:
    while not _is_private_group(number := 30_000 + secrets.randbelow(30_000)):
        pass
    return number


def private_directory(path: Path) -> Path:
    """Make `path` (or check it): a real directory of ours where nobody else can write.

    Raises:
        RuntimeProblem: it belongs to another account, is a link, or cannot be made.
    """
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise RuntimeProblem(_foreign(path, found.st_uid)) from None
        if stat.S_IMODE(found.st_mode) & 0o027:  # group may pass (710), never write; others nothing
            path.chmod(0o700)
    except OSError as error:
        raise RuntimeProblem(f"The directory {path} cannot be made: {error.strerror}.") from error
    return path


def _foreign(path: Path, uid: int) -> str:
    try:
        owner = pwd.getpwuid(uid).pw_name
    except KeyError:
        owner = f"number {uid}"
    return (
        f"{path} was made by another account ({owner}), so it is not used.\n"
        f"Run the command as that account, or remove {path} and start again."
    )


def _short_hash(path: Path) -> str:
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]


def _instance(data: Path) -> str:
    """Return the random name of this `.data/`, so that a later one at the same path is known to be another."""
    file = data / "instance"
    if not file.exists():
        file.write_text(secrets.token_hex(16))
    return file.read_text()


def _outside_candidates(*, throwaway: bool) -> Iterator[Path]:
    """Yield the directories where root may put files that `nobody` must reach, the best first.

    `/var/lib` is not cleaned by the system and only root can write there; the temporary ones come after it.
    """
    kept, lost_at_boot = "/var/tmp", tempfile.gettempdir()  # noqa: S108  # `private_directory` checks what it finds
    names = [lost_at_boot, kept] if throwaway else ["/var/lib", kept, lost_at_boot]
    for base in map(Path, names):
        if not base.is_dir():
            continue
        mode = base.stat().st_mode
        if not mode & 0o022 or mode & stat.S_ISVTX:  # else another account could swap our directory
            yield base


def open_to(account: Account, home: Path) -> bool:
    """Let the server's account (and no other) through `home`, give it `home/srv`; return whether that works."""
    server = home / "srv"
    try:
        server.mkdir(mode=0o700, exist_ok=True)
        if account.switch:
            os.chown(home, os.geteuid(), account.gid)
            home.chmod(0o710)
            os.chown(server, account.uid, account.gid)
    except OSError:
        return False
    return account.can_use(server)


def postgres_home(data: Path, *, throwaway: bool = False) -> Path:
    """Return the directory for PostgreSQL's files of the `.data/` directory `data`; make it if it is not there.

    Args:
        data: an existing directory of ours.
        throwaway: the database is for a test; outside the checkout, temporary places come first.

    Raises:
        RuntimeProblem: no place can be reached by the server's account.
    """
    inside = data / "postgres"
    if os.geteuid() != 0:
        return private_directory(inside)
    found = _inside_home(data) or _outside_home(data, throwaway=throwaway)
    if found is None:
        raise RuntimeProblem(
            "PostgreSQL cannot run as root, and no directory was found that the account nobody can use.\n"
            "Run the command as an ordinary user, or set DATABASE_URL to a PostgreSQL server."
        )
    return found


def _inside_home(data: Path) -> Path | None:
    home = private_directory(data / "postgres")
    account = server_account(home)
    before = data.stat()
    os.chown(data, 0, account.gid)
    data.chmod(0o710)
    if open_to(account, home):
        return home
    os.chown(data, before.st_uid, before.st_gid)
    data.chmod(stat.S_IMODE(before.st_mode))
    if (home / "srv" / "data").exists():
        raise RuntimeProblem(
            f"The database in {home} was made when the account nobody could enter this folder; now it cannot.\n"
            "Give other users the right to pass through the folders above it (chmod o+x), or start afresh: make clean"
        )
    shutil.rmtree(home)
    return None


def _outside_home(data: Path, *, throwaway: bool) -> Path | None:
    name = f"baobab-{_short_hash(data)}"
    instance = _instance(data)
    for base in _outside_candidates(throwaway=throwaway):
        if not os.access(base, os.W_OK):
            continue
        home = private_directory(base / name)
        label = home / "instance"
        if label.exists() and label.read_text() != instance:
            _remove_old(home)  # left by a `.data/` that was deleted
            home = private_directory(base / name)
        label.write_text(instance)
        if open_to(server_account(home), home):
            return home
        shutil.rmtree(home)
    return None


def _remove_old(home: Path) -> None:
    from baobab.runtime.postgres import PostgresServer  # it needs this module

    PostgresServer(home).destroy()


def socket_home(home: Path) -> Path:
    """Return `home`, or a private directory with a short and plain name when a socket's path in `home` would not do."""
    if len(os.fsencode(home)) <= _LONGEST_SOCKET_HOME and _PLAIN.issuperset(str(home)):
        return home
    return private_directory(_temporary_base() / f"baobab-{os.geteuid()}-{_short_hash(home)}")


def _temporary_base() -> Path:
    found = Path(tempfile.gettempdir()).resolve()
    if len(os.fsencode(found)) < 40 and _PLAIN.issuperset(str(found)):
        return found
    return Path("/tmp")  # noqa: S108  # `private_directory` checks what it finds there
