"""Where a server listens, and how a URL says so.

A URL may carry a user name and a password, and a slip in writing it can make any part of it a
piece of a password: in ``redis://:se#cret@host`` the port appears to be ``se``. So what cannot be
read is described here and never quoted.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from .errors import ServerError

SCHEMES = ("redis", "valkey")

CONTAINER_OF = "container of "
"""What reports say before the image of a server's container."""

FORM = "redis://[user:password@]host[:port][/db]"


@dataclass(frozen=True, slots=True)
class Address:
    """A server's place on the network, and the credentials that it demands."""

    host: str
    port: int = 6379
    db: int = 0
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """The address as a URL, without credentials."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"redis://{host}:{self.port}/{self.db}"


def read_address(url: str) -> Address:
    """The address that a ``redis://`` or ``valkey://`` URL names."""
    parts = _split(url)
    return Address(
        host=_host(parts),
        port=_port(parts),
        db=_db(parts),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _split(url: str) -> SplitResult:
    scheme = url.partition("://")[0].strip().lower()
    if scheme in ("rediss", "valkeys"):
        raise ServerError(
            f"{scheme}:// is not supported: connect without TLS, as in redis://host:6379/0."
        )
    if scheme in ("unix", "redis+socket"):
        raise ServerError(
            f"{scheme}:// is not supported: connect over TCP, as in redis://host:6379/0."
        )
    if scheme not in SCHEMES:
        raise ServerError(f"The Redis URL must begin with redis:// or valkey://, as in {FORM}.")
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        parts = None
    # Not raised in the handler: the error of urlsplit quotes the URL, and would come along.
    if parts is None or parts.fragment:
        raise ServerError(
            f"The Redis URL cannot be read: it must have the form {FORM}, "
            "with / ? # @ : in user and password written as %2F %3F %23 %40 %3A."
        )
    return parts


def _host(parts: SplitResult) -> str:
    if not parts.hostname:
        raise ServerError(f"The Redis URL names no host: it must have the form {FORM}.")
    return parts.hostname


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ServerError("The port in the Redis URL must be a number from 1 to 65535.")
    return port if port is not None else 6379


def _db(parts: SplitResult) -> int:
    options = parse_qs(parts.query, keep_blank_values=True)
    if options.keys() - {"db"}:
        raise ServerError(
            "The Redis URL may not carry options after the question mark, except db: "
            "options of the pool are no property of the server."
        )
    wanted = options.get("db", [])[-1:] or [parts.path.strip("/")]
    number = wanted[0] or "0"
    if not re.fullmatch("[0-9]{1,9}", number):
        raise ServerError(
            "The database in the Redis URL must be a number, as in redis://host:6379/0."
        )
    return int(number)
