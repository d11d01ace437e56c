"""Which earlier code this release is tried with."""

import subprocess

import pytest

from devstack import errors
from tools import previous


@pytest.fixture
def repository(tmp_path):
    """A repository with three commits, the second of which brings a migration: commit(file) makes one more."""
    home = tmp_path / "repository"

    def git(*arguments):
        names = ["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", "-C", home, *names, *arguments], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(file):
        path = home / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file)
        git("add", "-A")
        git("commit", "-q", "-m", file)
        return git("rev-parse", "HEAD")

    home.mkdir()
    git("init", "-q")
    commit.git, commit.home = git, home
    commit.made = [commit("services/a.py"), commit("services/x/migrations/0001_a.py"), commit("services/b.py")]
    return commit


def test_the_last_tag_is_the_last_release_but_not_that_of_this_commit(repository):
    repository.git("tag", "v1")
    repository("services/c.py")
    repository.git("tag", "v2")

    assert previous.reference(root=repository.home).commit == "v1"


def test_without_a_tag_it_is_the_code_before_the_newest_migration(repository, tmp_path):
    found = previous.reference(root=repository.home)

    assert (found.commit, "before the newest migration" in found.why) == (repository.made[0], True)


def test_a_shallow_clone_says_that_it_compares_with_itself(repository, tmp_path):
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{repository.home}", shallow], check=True)

    found = previous.reference(root=shallow)

    assert found.commit == repository.made[-1]
    assert "with itself: this clone is shallow (git fetch --unshallow --tags)" in found.why


def test_no_repository_is_a_clear_error(tmp_path):
    with pytest.raises(errors.DevstackError, match="no earlier code to compare with"):
        previous.reference(root=tmp_path)
