"""The tokens of a file: access to the service, and its limits."""

import hashlib
import hmac
from pathlib import Path
from typing import NamedTuple

from runner.errors import ConfigurationError, with_remedy
from runner.server.fair_queue import Tenant

#: Minimum length of a token, in characters: a shorter one could be guessed.
_SHORTEST = 16


class _Entry(NamedTuple):
    digest: bytes
    tenant: Tenant


class TokenFile:
    """Lines of ``NAME TOKEN [CONCURRENCY]``; empty lines and comments (``#``) do not count.

    Args:
        path: The file.

    Raises:
        ConfigurationError: It cannot be read, or a line is not valid.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: list[_Entry] = []
        self.reload()

    def reload(self) -> int:
        """Read the file again, and return the number of its tokens.

        If it is not valid, the old tokens stay. Tenants keep their names and what they have under
        way.

        Raises:
            ConfigurationError: It cannot be read, or a line is not valid.
        """
        known = {entry.tenant.name: entry.tenant for entry in self._entries}
        entries = []
        for number, line in enumerate(_lines(self._path), 1):
            words = line.partition("#")[0].split()
            if words:
                name, token, concurrency = _parse(f"{self._path}:{number}", words)
                tenant = known.setdefault(name, Tenant(name))
                tenant.concurrency = concurrency
                entries.append(_Entry(_digest(token), tenant))
        if not entries:
            raise ConfigurationError(f"{self._path}: holds no token; write lines of NAME TOKEN")
        for entry in entries:
            entry.tenant.alone = len(known) == 1
        self._entries = entries
        return len(entries)

    def tenant_of(self, token: str) -> Tenant | None:
        """Return the tenant of a token, None if there is none; takes constant time."""
        digest = _digest(token)
        found = None
        for entry in self._entries:
            if hmac.compare_digest(entry.digest, digest):
                found = entry.tenant
        return found


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except OSError as error:
        raise ConfigurationError(f"token_file {path}: {with_remedy(error)}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"token_file {path}: is not text in UTF-8") from error


def _parse(where: str, words: list[str]) -> tuple[str, str, int | None]:
    if len(words) not in (2, 3):
        raise ConfigurationError(f"{where}: a line is NAME TOKEN [CONCURRENCY]")
    name, token, *rest = words
    if len(token) < _SHORTEST or not token.isascii() or "/" in token:
        raise ConfigurationError(
            f"{where}: the token of {name} must have {_SHORTEST} ASCII characters or more, without"
            " a slash: `openssl rand -hex 32` makes one"
        )
    if rest and not (rest[0].isdecimal() and int(rest[0]) > 0):
        raise ConfigurationError(f"{where}: the concurrency of {name} must be an integer from 1 on")
    return name, token, int(rest[0]) if rest else None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
