"""Pools that are sound and yet cannot be used, or must not be."""

from redis._parsers import Encoder

from .sound import SoundPool


class CannotEncode(SoundPool):
    """Lacks a method that the client needs."""

    def get_encoder(self) -> Encoder:
        raise NotImplementedError("get_encoder")


class PrintsItsPassword(SoundPool):
    """Shows all it was built with."""

    def __repr__(self) -> str:
        return f"PrintsItsPassword({self.connection_kwargs})"


class RaisesItsPassword(SoundPool):
    """Explains an exhausted pool by what it was built with."""

    def exhausted(self) -> Exception:
        return _with_arguments(super().exhausted(), self.connection_kwargs)


def _with_arguments(error: Exception, arguments: object) -> Exception:
    return type(error)(f"{error}: {arguments}")
