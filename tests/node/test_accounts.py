"""Accounts and to whom files belong."""

from __future__ import annotations

import hashlib
import os

import pytest

from tests.node.fake import FakeNode

PASSWD = "root:x:0:0::/root:/bin/bash\ndeploy:x:1000:1000::/home/deploy:/bin/bash\n"
SHADOW = "root:*:1::::::\ndeploy:!:1::::::\n"
GROUP = "root:x:0:\nadm:x:4:syslog,deploy\nsudo:x:27:\ndeploy:x:1000:\n"
KEYS = "/etc/ssh/authorized_keys.d/deploy"
DEPLOY = {"name": "deploy", "shell": "/bin/bash", "groups": ["adm", "deploy"], "keys": KEYS}
SSHD = f"port 22\nauthorizedkeysfile .ssh/authorized_keys {KEYS.replace('deploy', '%u')}\n"


@pytest.fixture
def books(fake: FakeNode) -> FakeNode:
    """A node with the account."""
    for path, text in (("/etc/passwd", PASSWD), ("/etc/shadow", SHADOW), ("/etc/group", GROUP)):
        fake.write(path, text)
    fake.write("/bin/bash", "", 0o755)
    fake.host.programs["sh"] = (0, SSHD)
    return fake


@pytest.mark.parametrize("level", ["bake", "kernel"])
def test_the_account_is_there(books: FakeNode, level: str) -> None:
    assert books.judge("account", DEPLOY, level).result == "ok"


@pytest.mark.parametrize(("path", "old", "new", "says"), [
    ("/etc/passwd", "deploy:x:", "other:x:", "there is no account deploy"),
    ("/etc/passwd", "deploy:/bin/bash", "deploy:/bin/sh", "its shell is /bin/sh"),
    ("/etc/shadow", "deploy:!:", "deploy:$y$hash:", "it has a password"),
    ("/etc/shadow", "deploy:!:", "deploy::", "it has a password"),
    ("/etc/group", "syslog,deploy", "syslog,deployer", "it is not in adm"),
    ("/etc/group", "adm:x", "adn:x", "it is not in adm"),
])
def test_the_account_is_not_as_it_should_be(books: FakeNode, path: str, old: str, new: str,
                                            says: str) -> None:
    text = (books.root / path.lstrip("/")).read_text()
    books.write(path, text.replace(old, new))
    outcome = books.judge("account", DEPLOY)
    assert (outcome.result, outcome.saw) == ("red", says)


def test_a_shell_that_is_not_there(books: FakeNode) -> None:
    (books.root / "bin/bash").unlink()
    assert "cannot be run" in books.judge("account", DEPLOY, "bake").saw


def test_sshd_looks_elsewhere(books: FakeNode) -> None:
    books.host.programs["sh"] = (0, "authorizedkeysfile /etc/keys/%u\n")
    assert "sshd looks for its keys in /etc/keys/%u" in books.judge("account", DEPLOY, "kernel").saw
    books.host.programs["sh"] = (255, "/etc/ssh/sshd_config: line 3: Bad option\n")
    assert "Bad option" in books.judge("account", DEPLOY, "kernel").saw
    assert books.judge("account", DEPLOY, "bake").result == "ok"


def test_a_file_belongs_to_somebody(books: FakeNode) -> None:
    digest = hashlib.sha256(b"x").hexdigest()
    books.write("/own", b"x")
    expect = {"path": "/own", "sha256": digest, "owner": "me", "group": "us"}
    assert "there is no me" in books.judge("file", expect).saw
    books.write("/etc/passwd", f"me:x:{os.getuid()}:0::/:/bin/sh\n")
    assert "there is no us" in books.judge("file", expect).saw
    books.write("/etc/group", f"us:x:{os.getgid()}:\n")
    assert books.judge("file", expect).result == "ok"
    books.write("/etc/group", f"us:x:{os.getgid() + 1}:\n")
    assert books.judge("file", expect).remedy == "Run `chown me:us /own`."
