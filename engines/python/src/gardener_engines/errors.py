"""Errors that the product has a remedy for."""


class EngineError(Exception):
    """A failure with a kind that the product knows (see `KINDS` in protocol.py) and one plain sentence."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
