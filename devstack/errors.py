"""The one error of devstack: what failed, why, what to do about it, and where its log is."""

from pathlib import Path


class DevstackError(Exception):
    """A failure that is told to a person: what, why, remedy and the log with the details."""

    def __init__(self, what: str, *, why: str = "", remedy: str = "", log: Path | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.remedy = remedy
        self.log = log

    def told(self) -> dict[str, str]:
        """Return the error for a file of JSON."""
        return {"what": self.what, "why": self.why, "remedy": self.remedy, "log": str(self.log or "")}


class NotReady(Exception):
    """A part that does not answer yet; the text says what is missing."""
