"""A container with a server answers, and never outlives its use."""

import os
import signal

import pytest

from poolproof.conformance.server import obtain

from .asking import refused

containers_asked_for = pytest.mark.skipif(
    os.environ.get("POOLPROOF_SERVER") != "container",
    reason="containers are tried when POOLPROOF_SERVER=container asks for them",
)


@containers_asked_for
class TestContainer:
    def test_it_answers_and_ends_with_the_block(self, started: list[str]) -> None:
        with obtain(source="container") as server:
            [container] = started
            assert server.started_by_kit
            assert server.obtained.startswith("container of ")
            assert container in all_containers()

        assert container not in all_containers()

    @pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, RuntimeError])
    def test_it_ends_too_when_the_block_is_left_by(
        self, interrupt: type[BaseException], started: list[str]
    ) -> None:
        with pytest.raises(interrupt), obtain(source="container"):
            raise interrupt

        assert started
        assert not set(started) & all_containers()

    @pytest.mark.usefixtures("interruptible")
    def test_it_ends_too_when_the_interrupt_comes_while_it_starts(
        self, monkeypatch: pytest.MonkeyPatch, started: list[str]
    ) -> None:
        from testcontainers.core.docker_client import DockerClient

        create = DockerClient.create

        def create_interrupted(*arguments: object, **settings: object) -> object:
            os.kill(os.getpid(), signal.SIGINT)
            return create(*arguments, **settings)  # type: ignore[arg-type]

        monkeypatch.setattr(DockerClient, "create", create_interrupted)
        with pytest.raises(KeyboardInterrupt), obtain(source="container"):
            pytest.fail("the interrupt was lost")

        assert started
        assert not set(started) & all_containers()

    def test_one_in_which_no_server_starts_is_removed(self, started: list[str]) -> None:
        from testcontainers.core.container import DockerContainer

        image = os.environ["POOLPROOF_REDIS_IMAGE"]
        with pytest.MonkeyPatch.context() as patch:
            start = DockerContainer.start
            patch.setattr(
                DockerContainer, "start", lambda container: start(container.with_command("true"))
            )
            told = refused(image=image)

        assert f"a container of {image}: it ended before a server was ready in it" in told
        assert started
        assert not set(started) & all_containers()

    def test_an_image_that_cannot_be_had_is_told_and_not_replaced(self) -> None:
        told = refused(image="localhost:1/poolproof/none:1")

        assert "localhost:1/poolproof/none:1 cannot be pulled" in told
        assert "embedded" not in told

    @pytest.fixture
    def started(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The containers of Redis that are started from here on."""
        from testcontainers.core.docker_client import DockerClient

        start = DockerClient.start
        identities: list[str] = []

        def remember(client: DockerClient, container: object) -> None:
            identity = container.id  # type: ignore[attr-defined]
            identities.append(identity)
            start(client, container)

        monkeypatch.setattr(DockerClient, "start", remember)
        return identities


def all_containers() -> set[str]:
    from testcontainers.core.docker_client import DockerClient

    daemon = DockerClient()
    # Other tests remove theirs meanwhile.
    listed = daemon.client.containers.list(all=True, ignore_removed=True)
    identities = {container.id for container in listed}
    daemon.client.close()
    return identities
