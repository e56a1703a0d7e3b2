"""Wheels made by the tests, so that an installation needs no index."""

import zipfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

LEFT_OUT = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
"""What pip writes for itself."""


def wheel(folder: Path, name: str, version: str, modules: Mapping[str, str]) -> None:
    """A distribution of a few modules."""
    info = f"{name}-{version}.dist-info"
    _write(
        folder / f"{name}-{version}-py3-none-any.whl",
        info,
        {
            **{path: text.encode() for path, text in modules.items()},
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        },
    )


def wheel_of_installed(folder: Path, name: str) -> None:
    """A distribution that is installed here, as it was before."""
    distribution = metadata.distribution(name)
    files = {
        str(path): Path(str(path.locate())).read_bytes()
        for path in distribution.files or []
        if ".." not in path.parts and "__pycache__" not in path.parts and path.name not in LEFT_OUT
    }
    info = next(path.partition("/")[0] for path in files if ".dist-info/" in path)
    said = (distribution.read_text("WHEEL") or "").splitlines()
    # Of several the last, because Python 2 comes first.
    tag = [line.removeprefix("Tag: ") for line in said if line.startswith("Tag: ")][-1]
    _write(folder / f"{info.removesuffix('.dist-info')}-{tag}.whl", info, files)


def _write(path: Path, info: str, files: Mapping[str, bytes]) -> None:
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr(f"{info}/RECORD", record)
