"""The mailbox: of the local stack, where every mail is a file, or of a Mailpit, which is asked for them."""

import email
import re
from abc import ABC, abstractmethod
from email import policy
from pathlib import Path

import httpx
from shop import eventually


class Mailbox(ABC):
    """The mails that users have sent, by recipient."""

    def subjects(self, address: str) -> list[str]:
        """Return the subjects of an address's mails, sorted."""
        return sorted(subject for subject, _ in self._mails(address))

    def token(self, address: str, subject: str, *, after: int = 0) -> str:
        """Return the token in the latest mail with this subject, once more than `after` of them are there."""

        def look() -> str | None:
            found = [body for title, body in self._mails(address) if title == subject]
            return re.findall(r"^\S{40,}$", found[-1], re.MULTILINE)[-1] if len(found) > after else None

        return eventually(look)

    @abstractmethod
    def _mails(self, address: str) -> list[tuple[str, str]]:
        """Return subject and text of an address's mails, the oldest first."""


class Post(Mailbox):
    """The mails of the local stack.

    Args:
        folder: where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _mails(self, address: str) -> list[tuple[str, str]]:
        found = []
        for path in sorted(self._folder.glob("*.log"), key=lambda each: each.stat().st_mtime_ns):
            # Django separates the mails of one connection by a line of dashes.
            for text in re.split(r"^-{79}$", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
                mail = email.message_from_string(text.lstrip("\n"), policy=policy.default)
                if mail["To"] == address:
                    found.append((str(mail["Subject"]), mail.get_content()))
        return found


class Mailpit(Mailbox):
    """The mails that a Mailpit has caught (https://mailpit.axllent.org/docs/api-v1/).

    Args:
        url: of its pages.
    """

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=60)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _mails(self, address: str) -> list[tuple[str, str]]:
        listed = self._http.get("/api/v1/search", params={"query": f'to:"{address}"'}).raise_for_status().json()
        whole = [self._http.get(f"/api/v1/message/{each['ID']}").raise_for_status() for each in listed["messages"]]
        return [
            (str(mail["Subject"]), str(mail["Text"]).replace("\r\n", "\n")) for mail in (a.json() for a in whole[::-1])
        ]
