"""The one error of this tool: what went wrong, why, and what to do about it."""


class ReplayError(Exception):
    """Something that ends the replay, told so that the reader can act on it."""

    def __init__(self, what: str, *, why: str, remedy: str) -> None:
        super().__init__(f"{what}: {why}")
        self.what = what
        self.why = why
        self.remedy = remedy
