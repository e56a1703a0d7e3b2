"""Pools that are sound and yet cannot be used, or must not be."""

from redis._parsers import Encoder

from .conviction import convicted_by
from .sound import SoundPool


@convicted_by("API-1")
class CannotEncode(SoundPool):
    """Lacks a method that the client needs."""

    def get_encoder(self) -> Encoder:
        raise NotImplementedError("get_encoder")


@convicted_by("SEC-1")
class PrintsItsPassword(SoundPool):
    """Shows all it was built with."""

    def __repr__(self) -> str:
        return f"PrintsItsPassword({self.connection_kwargs})"


@convicted_by("SEC-1")
class RaisesItsPassword(SoundPool):
    """Explains an exhausted pool by what it was built with."""

    def exhausted(self) -> Exception:
        return _with_arguments(super().exhausted(), self.connection_kwargs)


def _with_arguments(error: Exception, arguments: object) -> Exception:
    return type(error)(f"{error}: {arguments}")
