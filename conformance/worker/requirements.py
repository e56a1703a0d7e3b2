"""What must be installed for a target to be in another environment as it is in this one."""

import json
from collections.abc import Sequence
from importlib import metadata

OWN_DISTRIBUTION = "poolproof"
"""The kit, which every environment has."""

CLIENT = "redis"
"""The client that most pools use. A target in the current directory belongs to no distribution that
says what it needs."""


def requirements_of(target: str) -> Sequence[str]:
    """The distribution that holds the target, and the client, at the versions that are here."""
    # A short name is the name of a module, too.
    module = target.partition(":")[0].partition(".")[0]
    names = {name.lower() for name in metadata.packages_distributions().get(module, [])}
    return [_as_here(name) for name in sorted({*names, CLIENT} - {OWN_DISTRIBUTION})]


def _as_here(name: str) -> str:
    distribution = metadata.distribution(name)
    origin = distribution.read_text("direct_url.json")
    if origin is None:
        return f"{name}=={distribution.version}"
    found = json.loads(origin)
    address = found["url"]
    if "vcs_info" in found:
        address = f"{found['vcs_info']['vcs']}+{address}@{found['vcs_info']['commit_id']}"
    return f"{name} @ {address}"
