"""Fork: what becomes of a pool when its process forks.

The child has a copy of the pool, and only the thread that forked. It shares the sockets with its
parent. Each fork is judged by itself. One child only uses the pool, another first releases what it
inherited, so that it is clear which of the two did the harm.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ..capabilities import Capability
from ..clause import MUST, RESILIENT, clause
from ..model.events import AcquiredAfterFork, Forked, ReleasedAfterFork, UsedAfterFork
from ..model.history import History
from ..model.judgement import Judgement

AfterFork = AcquiredAfterFork | ReleasedAfterFork | UsedAfterFork


@dataclass(frozen=True, slots=True)
class _Scene:
    """What preceded an event that came after a fork."""

    fork: Forked
    released: bool
    """Whether the child has released what it inherited."""
    own: int
    """How many connections of its own the child holds."""


def _scenes(history: History) -> Iterator[tuple[int, AfterFork, _Scene]]:
    scene: _Scene | None = None
    for index, event in enumerate(history.events):
        if isinstance(event, Forked):
            scene = _Scene(event, released=False, own=0)
        elif scene is not None and isinstance(event, AfterFork):
            if isinstance(event, ReleasedAfterFork) and event.inherited:
                scene = _Scene(scene.fork, released=True, own=scene.own)
            yield index, event, scene
            scene = _Scene(scene.fork, scene.released, scene.own + _gained(event, scene.fork))


def _gained(event: AfterFork, fork: Forked) -> int:
    match event:
        case AcquiredAfterFork(by="child", connection=int(connection)):
            return connection not in (fork.in_use, fork.idle)
        case ReleasedAfterFork(connection=connection):
            return -(connection not in (fork.in_use, fork.idle))
        case _:
            return 0


@clause("FRK-1", MUST, RESILIENT, needs=Capability.FORK, speaks_of={Forked})
def a_child_starts_with_an_empty_pool(history: History) -> Iterator[Judgement]:
    """
    After a fork the child's pool MUST be empty: the child uses and shuts down no connection of its
    parent, and can have ``max_connections`` of its own.

    Servers that fork their workers load the application first. If two processes send commands over
    one socket, each reads replies that are meant for the other. If the child ends the connection
    when it is done, it ends it for its parent, too. See redis/redis-py#234 and redis/redis-py#412.
    """
    for index, event, scene in _scenes(history):
        if scene.released:
            continue
        match event:
            case UsedAfterFork():
                broken = _harmed(event)
            case AcquiredAfterFork(by="child", connection=int(connection)):
                broken = _shared(connection, scene)
            case AcquiredAfterFork(by="child", surplus=False) | ReleasedAfterFork() if (
                not scene.fork.bystander_at
            ):
                broken = _refused(event, scene)
                if broken is None:
                    continue
            case _:
                continue
        yield Judgement(index, broken)


@clause("FRK-2", MUST, RESILIENT, needs=Capability.FORK, speaks_of={Forked})
def a_fork_in_the_middle_of_a_call_locks_nobody_out(history: History) -> Iterator[Judgement]:
    """
    Whatever other threads do in the pool when the process forks, the child MUST be able to use the
    pool, and the parent's pool goes on as if nothing had happened.

    Those threads do not exist in the child. If one of them held a lock, nobody releases it there,
    and the child hangs in its first command. This is rare, and happens only under load, when some
    thread is always in the pool.
    """
    for index, event, scene in _scenes(history):
        if scene.released:
            continue
        match event:
            case AcquiredAfterFork(by="parent"):
                broken = f"the parent's acquire {event.trouble}" if event.trouble else None
            case AcquiredAfterFork() | ReleasedAfterFork() if scene.fork.bystander_at:
                broken = _refused(event, scene)
            case _:
                continue
        yield Judgement(index, broken)


@clause("FRK-3", MUST, RESILIENT, needs=Capability.FORK, speaks_of={Forked})
def a_child_may_release_what_it_inherited(history: History) -> Iterator[Judgement]:
    """
    When the child releases a connection that was in use at the fork, the release MUST return
    without an error, and change nothing for the child's pool nor for the parent.

    A thread that forks inside a ``with`` block leaves the block in both processes, and clients
    release in a ``finally``. An error there hides what really happened. If the child's pool takes
    the connection back, it lends it to a caller in the child while its holder in the parent uses
    it. See redis/redis-py#2832 and redis/redis-py#3514.
    """
    for index, event, scene in _scenes(history):
        if not scene.released:
            continue
        match event:
            case UsedAfterFork():
                broken = _harmed(event)
            case ReleasedAfterFork(inherited=True):
                trouble = event.trouble
                broken = f"the child's release of what it inherited {trouble}" if trouble else None
            case AcquiredAfterFork(by="child", connection=int(connection)) if (
                connection == scene.fork.idle
            ):
                continue  # that it had before it released anything
            case AcquiredAfterFork(by="child", connection=int(connection), surplus=surplus):
                broken = _shared(connection, scene)
                if surplus and broken is None:
                    broken = (
                        f"the child holds all of the {scene.fork.max_connections} connections that it "
                        f"may have, and it was handed another"
                    )
            case AcquiredAfterFork(by="child", surplus=True):
                broken = None
            case AcquiredAfterFork(by="child"):
                broken = _refused(event, scene)
            case AcquiredAfterFork():
                broken = f"the parent's acquire {event.trouble}" if event.trouble else None
            case _:
                continue
        yield Judgement(index, broken)


def _shared(connection: int, scene: _Scene) -> str | None:
    if connection not in (scene.fork.in_use, scene.fork.idle):
        return None
    return f"the child was handed connection {connection}, which is its parent's"


def _harmed(event: UsedAfterFork) -> str | None:
    if not event.trouble:
        return None
    return (
        f"connection {event.connection} does not work any more for its holder in the parent: "
        f"{event.trouble}"
    )


def _refused(event: AcquiredAfterFork | ReleasedAfterFork, scene: _Scene) -> str | None:
    if not event.trouble:
        return None
    call = "release" if isinstance(event, ReleasedAfterFork) else "acquire"
    if scene.fork.bystander_at:
        return (
            f"another thread stood at {scene.fork.bystander_at} when the process forked, and the "
            f"child, which has no such thread, cannot go on: its {call} {event.trouble}"
        )
    return (
        f"the child may have {scene.fork.max_connections} connections and holds {scene.own} of its "
        f"own, and its {call} {event.trouble}"
    )
