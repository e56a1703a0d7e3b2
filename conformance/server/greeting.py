"""Asking whatever listens at an address whether it is a Redis, and which.

No text that the other end sends is ever quoted: it may repeat the user name or the password.
"""

from dataclasses import dataclass

from .address import Address
from .control import CannotConnect, Control, ErrorReply
from .errors import ServerError
from .resp import NotRedis

GREETING_S = 5.0

WRONG_CREDENTIALS = "does not accept the user name or password of the URL; correct them"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a server says it is."""

    product: str
    version: str


def identify(address: Address, patience_s: float = GREETING_S) -> Identity:
    """Connect, authenticate, select the database and ask for the product and its version.

    Raises ServerError if that takes longer than `patience_s`, or cannot be done.
    """
    with Control(address, reply_s=patience_s) as server:
        try:
            return _introduced(server)
        except CannotConnect as failure:
            told = f"No server can be reached at {address}: {failure}; start it, or name another."
        except TimeoutError:
            told = (
                f"The server at {address} did not answer as a Redis server within {patience_s:g} s; "
                f"name one that does."
            )
        except (NotRedis, OSError):
            told = f"The server at {address} does not speak the Redis protocol; name one that does."
        except ErrorReply as refusal:
            told = f"The server at {address} {_explained(str(refusal), address)}."
    # Raised outside of the handlers, so that no traceback carries the server's own words along.
    raise ServerError(told)


def _introduced(server: Control) -> Identity:
    about = server.ask("INFO", "server")
    text = about.decode("utf-8", "replace") if isinstance(about, bytes) else ""
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    if "redis_version" not in fields:
        raise NotRedis("the server names no version")
    # Redis gives itself no name; its forks do, and keep redis_version for old clients.
    name = fields.get("server_name", "redis")
    version = fields.get(f"{name}_version", fields["redis_version"])
    return Identity(product=name.capitalize(), version=version)


def _explained(refusal: str, address: Address) -> str:
    code = refusal.partition(" ")[0]
    match code:
        case "NOAUTH":
            return "wants a password: write it into the URL, as in redis://:password@host:6379/0"
        case "WRONGPASS":
            return WRONG_CREDENTIALS
        case "NOPERM":
            return "does not let this user ask INFO and SELECT, as the checks must; name another"
        case "DENIED":
            return "runs in protected mode: check on its own machine, or give it a password"
    if "without any password" in refusal or "no password is set" in refusal:
        return "has no password: leave the one in the URL out"
    if "invalid password" in refusal or "'auth'" in refusal.lower():
        return WRONG_CREDENTIALS
    if "DB index" in refusal or "SELECT is not allowed" in refusal:
        return f"has no database {address.db}; name another, as in redis://host:6379/0"
    if "max number of clients" in refusal:
        return "has no room for another client; raise its maxclients"
    return "refuses AUTH, SELECT or INFO, which the checks need; name another user"
