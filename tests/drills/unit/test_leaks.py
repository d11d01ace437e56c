"""What looks like a secret is found, what only has its name is not. Values are put together: none stands here."""

import pytest

from tools import leaks

RANDOM = "q7Zp2LkX9vRb4TnW8sYc1JmD"


def rules(text):
    return [each.rule for each in leaks.findings(path="x", text=text)]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("private_key", "-----BEGIN EC PRIVATE" + " KEY-----\n" + RANDOM),
        ("private_key", "key = '-----BEGIN PRIVATE" + " KEY-----\\n" + RANDOM + "'"),
        ("aws", "id: AKIA" + "ABCDEFGHIJ234567"),
        ("github", "ghp_" + RANDOM + RANDOM),
        ("slack", "xoxb" + "-123456789012-" + RANDOM),
        ("stripe", "sk_live" + "_" + RANDOM),
        ("google", "AIza" + (RANDOM * 2)[:35]),
        ("package_index", "pypi" + "-" + RANDOM * 3),
        ("token", "eyJ" + "hbGciOiJFUzI1NiJ9" + ".eyJ" + "zdWIiOiIxIn0abc" + "." + RANDOM),
        ("sentry", "https://" + "0123456789abcdef" * 2 + "@sentry.example/1"),
        ("fernet_key", "KEYS=" + (RANDOM * 2)[:43] + "="),
        ("password_in_url", "postgresql://" + "me:" + RANDOM + "@db/x"),
        ("named", 'SECRET_KEY = "' + RANDOM + '"'),
        ("named", "password: " + RANDOM),
    ],
)
def test_what_opens_something_is_found(rule, text):
    assert rule in rules(text)


@pytest.mark.parametrize(
    "text",
    [
        "SECRET_KEY=${USERS_SECRET_KEY:?run make compose-env}",
        "password = stack.passwords['seed_for_everybody']",
        'f"amqp://{service}:{password}@host//"',
        "redis==6.4.0 --hash=sha256:" + "0123456789abcdef" * 4,
        'SECRET_KEY: "only-for-reading-types-xxxxxxxxxxxxxxx"',
    ],
)
def test_what_only_has_the_name_is_left_alone(text):
    assert rules(text) == []


def test_what_is_listed_has_a_reason():
    line = "a/b.py named 0123456789ab"

    with pytest.raises(ValueError, match="no reason given"):
        leaks.known(text=line)
    assert leaks.known(text=f"# why\n\n{line} made up\n") == {
        leaks.Finding(path="a/b.py", rule="named", fingerprint="0123456789ab")
    }


def test_a_new_one_and_one_that_is_gone_are_errors(tmp_path, monkeypatch, capsys):
    found = leaks.Finding(path="a", rule="named", fingerprint="f", line=3)
    monkeypatch.setattr(leaks, "everywhere", lambda: [found])
    monkeypatch.setattr(leaks, "KNOWN", tmp_path / "known")
    leaks.KNOWN.write_text("b named g gone\n")

    assert leaks.main() == 1

    told = capsys.readouterr().err
    assert "a:3: looks like a secret (named, f)" in told
    assert "b named g is there no more" in told
    leaks.KNOWN.write_text("a named f harmless\n")
    assert leaks.main() == 0
