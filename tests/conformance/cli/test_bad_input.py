"""What the command cannot do anything with is told in one sentence, and is 2."""

from pathlib import Path

import pytest

from poolproof.conformance.server import Server

from .running import REDIS, TARGETS, check, complaint, poolproof, verdicts

CHECK_REDIS = ("check", REDIS)


class TestBadCommandLine:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--only", "ORD-99"], "there is no clause ORD-99; `poolproof clauses` lists them all"),
            (["--only", "ORD-1;RET-3"], "there is no clause ORD-1;RET-3; `poolproof clauses`"),
            (["--only", ""], "--only names no clause; write it as --only ORD-1,RET-3"),
            (["--only", " , "], "--only names no clause; write it as --only ORD-1,RET-3"),
            (
                ["--only", "ORD-1", "--level", "observable"],
                "no clause is both named by --only and of the level asked for; drop one",
            ),
            (["--level", "high"], "Invalid value for '--level': 'high' is not one of 'core'"),
            (["--seed", "-1"], "Invalid value for '--seed': -1 is not in the range x>=0."),
            (["--seed", "many"], "Invalid value for '--seed': 'many' is not a valid integer"),
            (["--budget", "huge"], "Invalid value for '--budget': 'huge' is not one of 'quick'"),
            (["--no-such-option"], "No such option"),
            (["another:Target"], "Got unexpected extra argument (another:Target)"),
            (["--set", "protocol"], "--set protocol is not a pair; write it as --set name=value"),
            (["--set", "host=here"], "--set host is not possible, because poolproof takes host"),
            (
                ["--set", "max_connections=3"],
                (
                    "--set max_connections is not possible, because poolproof chooses "
                    "max_connections itself; leave it out"
                ),
            ),
            (["--known", "nowhere.toml"], "nowhere.toml cannot be read: No such file or directory"),
            (["--redis-url", "http://x"], "The Redis URL must begin with redis:// or valkey://"),
            (["--redis-url", "redis://127.0.0.1:1"], "No server can be reached at"),
            (["--json", "/no/such/folder/file"], "--json /no/such/folder/file cannot be written: "),
            (["--json", "."], "Invalid value for '--json': File '.' is a directory."),
        ],
    )
    def test_it_is_told_in_one_sentence_and_is_2(self, arguments: list[str], says: str) -> None:
        run = poolproof(*CHECK_REDIS, *arguments)

        assert run.returncode == 2
        assert complaint(run.stderr).startswith(says)
        assert "\n" not in complaint(run.stderr)
        assert run.stdout == ""

    def test_a_check_of_nothing_is_told(self) -> None:
        run = poolproof("check")

        assert run.returncode == 2
        assert complaint(run.stderr) == "Missing argument 'TARGET'."

    def test_a_list_of_deviations_that_is_none_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "known.toml").write_text("[known]\nORD-1 = ''\n")

        run = poolproof(*CHECK_REDIS, "--known", "known.toml", cwd=tmp_path)

        assert run.returncode == 2
        assert complaint(run.stderr) == (
            "known.toml gives no reason for ORD-1; write one, as a string"
        )

    @pytest.mark.parametrize("arguments", [["--only", "ORD-99"], ["--redis-url", "http://x"]])
    def test_no_old_json_is_left_to_be_taken_for_the_answer(
        self, arguments: list[str], tmp_path: Path
    ) -> None:
        path = tmp_path / "report.json"
        path.write_text("of yesterday")

        run = poolproof(*CHECK_REDIS, *arguments, "--json", str(path))

        assert run.returncode == 2
        assert not path.exists()

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
    def test_a_report_that_cannot_be_written_in_the_end_is_told_beside_the_verdict(
        self, server: Server
    ) -> None:
        run = check(server, "awkward:Leaves", "--only", "ORD-1", "--json", "/dev/full")

        assert run.returncode == 2
        assert complaint(run.stderr) == (
            "--json /dev/full cannot be written: No space left on device; name another file"
        )
        assert verdicts(run.stdout) == {"ORD-1": "UNOBSERVED"}
        assert Path("/dev/full").exists()

    def test_a_link_to_a_report_is_not_replaced(self, tmp_path: Path, server: Server) -> None:
        (tmp_path / "link").symlink_to("report.json")
        (tmp_path / "report.json").write_text("of yesterday")

        run = check(
            server, "no_such_module:Pool", "--json", str(tmp_path / "link"), "--only", "BND-4"
        )

        assert run.returncode == 2
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "report.json").read_text() == ""


class TestBadTarget:
    @pytest.mark.parametrize(
        ("target", "says"),
        [
            ("no_such_module:Pool", "there is no module 'no_such_module'; install it, or run from"),
            ("redis", "'redis' is not the name of a target; write it as module:Name"),
            ("redis:Nothing", "there is no 'Nothing' in 'redis'; check the spelling"),
            ("redis:client", "redis:client is a module; name a pool class"),
            ("raising:Pool", "the module 'raising' could not be imported: RuntimeError: the moon"),
            ("leaving:Pool", "the module 'leaving' could not be imported: SystemExit: the moon"),
            (
                "interrupting:Pool",
                "the module 'interrupting' could not be imported: KeyboardInterr",
            ),
            ("misspelt:Pool", "the module 'misspelt' could not be imported: SyntaxError: invalid"),
            (
                "builtins:dict",
                "the target built a dict, which has no get_connection, no release and",
            ),
            (
                "json:loads",
                (
                    "the pool could not be built and used: TypeError: loads() missing 1 required "
                    "positional argument: 's'; pass what its constructor needs with --set name=value"
                ),
            ),
            (
                "os:getcwd",
                (
                    "the pool could not be built and used: TypeError: posix.getcwd() takes no keyword "
                    "arguments; name a pool class, a function that builds a pool"
                ),
            ),
            (
                "mistaken:NamesOfItsOwn",
                (
                    "the pool could not be built and used: TypeError: NamesOfItsOwn.__init__() missing "
                    "2 required positional arguments: 'size' and 'patience'; NamesOfItsOwn has no "
                    "get_connection, no release and no disconnect: write an adapter for it, as README"
                ),
            ),
            ("awkward:raises", "the pool could not be built and used: RuntimeError: the moon is"),
            ("awkward:exits", "the pool could not be built and used: SystemExit: the moon is full"),
            (
                "awkward:takes_no_host",
                (
                    "the pool could not be built and used: TypeError: takes_no_host() got an "
                    "unexpected keyword argument 'host'; name a pool that takes host, a function "
                    "that builds one from redis-py's arguments, or an adapter class"
                ),
            ),
            (
                "awkward:needs_more",
                (
                    "the pool could not be built and used: TypeError: needs_more() missing 1 required "
                    "keyword-only argument: 'region'; pass what its constructor needs with --set"
                ),
            ),
            ("awkward:IncompleteAdapter", "the adapter awkward:IncompleteAdapter lacks a method; "),
            (
                "adapters:OwnAdapter",
                "the first connection answered CLIENT ID with 'not a number'; ",
            ),
        ],
    )
    def test_it_is_told_in_one_sentence_and_is_2(
        self, target: str, says: str, server: Server, broken_modules: Path
    ) -> None:
        run = check(server, target, "--only", "ORD-1", cwd=broken_modules)

        assert run.returncode == 2
        assert complaint(run.stderr).startswith(says)
        assert "\n" not in complaint(run.stderr)
        assert run.stdout == ""

    @pytest.mark.parametrize(
        ("pair", "says"),
        [
            ("bogus=1", "got an unexpected keyword argument 'bogus'; leave out --set bogus, which"),
            ("protocol=9", "either 2 or 3; see whether what --set gave it is right: protocol"),
            ("queue_class=queue:Nothing", "there is no 'Nothing' in 'queue'; check the spelling"),
        ],
    )
    def test_an_argument_that_cannot_be_used_is_told(
        self, pair: str, says: str, server: Server
    ) -> None:
        run = check(server, "redis:BlockingConnectionPool", "--set", pair)

        assert run.returncode == 2
        assert says in complaint(run.stderr)
        assert "\n" not in complaint(run.stderr)

    @pytest.fixture
    def broken_modules(self, tmp_path: Path) -> Path:
        """A folder of targets with some that no linter would let stand among our own."""
        for module in TARGETS.glob("*.py"):
            (tmp_path / module.name).symlink_to(module)
        (tmp_path / "raising.py").write_text("raise RuntimeError('the moon is full')")
        (tmp_path / "leaving.py").write_text("import sys; sys.exit('the moon is full')")
        (tmp_path / "interrupting.py").write_text("raise KeyboardInterrupt")
        (tmp_path / "misspelt.py").write_text("def pool(:")
        return tmp_path
