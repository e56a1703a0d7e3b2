"""The documents, and the code blocks in them."""

from pathlib import Path

from sybil import Document
from sybil.parsers.markdown import CodeBlockParser

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def blocks(path: Path, language: str) -> list[str]:
    """The code blocks in a language, as they stand there."""
    text = Document(path.read_text(encoding="utf-8"), str(path))
    return [str(region.parsed) for region in CodeBlockParser(language, lambda _: None)(text)]
