"""``python -m poolproof.spec`` prints the specification as a document: spec/README.md."""

from .document import document

if __name__ == "__main__":
    print(document(), end="")
