"""Refusals in hosted Realtime's form: a code from its error list, then a sentence."""


class Refused(Exception):
    """A join, token or subscription that is not allowed; `reason` is what the client reads."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    @property
    def reason(self) -> str:
        """`Code: message`, as the `reason` of an error reply."""
        return f"{self.code}: {self.message}"
