"""The mailbox of the local stack: every mail is a file."""

import email
import re
from email import policy
from pathlib import Path

from shop import eventually


class Post:
    """The mails that users have sent, by recipient.

    Args:
        folder: where the mails are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def subjects(self, address: str) -> list[str]:
        """Return the subjects of an address's mails, sorted."""
        return sorted(subject for subject, _ in self._mails(address))

    def token(self, address: str, subject: str, *, after: int = 0) -> str:
        """Return the token in the latest mail with this subject, once more than `after` of them are there."""

        def look() -> str | None:
            found = [body for title, body in self._mails(address) if title == subject]
            return re.findall(r"^\S{40,}$", found[-1], re.MULTILINE)[-1] if len(found) > after else None

        return eventually(look)

    def _mails(self, address: str) -> list[tuple[str, str]]:
        """Return subject and text of an address's mails, in the order of their files."""
        found = []
        for path in sorted(self._folder.glob("*.log"), key=lambda each: each.stat().st_mtime_ns):
            # Django separates the mails of one connection by a line of dashes.
            for text in re.split(r"^-{79}$", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
                mail = email.message_from_string(text.lstrip("\n"), policy=policy.default)
                if mail["To"] == address:
                    found.append((str(mail["Subject"]), mail.get_content()))
        return found
