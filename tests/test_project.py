"""What holds the project together: its pins, its commands, its container."""

import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import carclf
from carclf.cli import app as command_line

PROJECT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
README = (PROJECT / "README.md").read_text()


def in_a_clone() -> bool:
    return shutil.which("git") is not None and (PROJECT / ".git").exists()


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, check=False
    )


def pins() -> dict[str, list[str]]:
    """Return the pinned versions by package; some differ by Python's version."""
    found: dict[str, list[str]] = {}
    for line in (PROJECT / "constraints.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        match = re.fullmatch(r"([a-z0-9.-]+)==([\w.]+)( ; [\w\s'.<>=!()]+)?", line)
        assert match, f"constraints.txt holds more than a pin: {line}"
        found.setdefault(match[1], []).append(match[2])
    return found


def test_every_direct_dependency_is_pinned_within_its_bounds():
    project = PYPROJECT["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *chain.from_iterable(extras)]
    pinned = pins()

    for requirement in map(Requirement, wanted):
        versions = pinned.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement.name} is not pinned; run `make lock`."
        assert all(requirement.specifier.contains(one) for one in versions)


def test_the_version_is_the_same_everywhere():
    version = PYPROJECT["project"]["version"]

    assert carclf.__version__ == version
    assert f"## {version}" in (PROJECT / "CHANGELOG.md").read_text()


def test_the_readme_names_only_make_targets_that_exist():
    makefile = (PROJECT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):.*## ", makefile, flags=re.MULTILINE))

    named = set(re.findall(r"(?:^|`)make ([a-z0-9-]+)", README, flags=re.MULTILINE))

    assert {"run", "test", "check"} <= named <= targets


def test_the_readme_names_only_commands_that_exist():
    commands = re.findall(r"^\.venv/bin/carclf (.+)$", README, flags=re.MULTILINE)

    for command in commands:
        found = typer.main.get_command(command_line)
        for word in re.match(r"[a-z ]*", command)[0].split():
            found = getattr(found, "commands", {}).get(word)
            assert found is not None, f"carclf {command}: there is no {word}."
            if not hasattr(found, "commands"):
                break
    assert len(commands) >= 5


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_what_a_page_links_to_is_there(page):
    text = (PROJECT / page).read_text()

    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", text):
        assert (PROJECT / target).exists(), f"{page} links to {target}"


def test_every_setting_in_the_readme_is_read_and_every_one_read_is_in_it():
    source = (PROJECT / "carclf" / "settings.py").read_text()

    read = set(re.findall(r'"(CARCLF_[A-Z0-9_]+)"', source))

    told = set(re.findall(r"^\| `(CARCLF_[A-Z0-9_]+)`", README, flags=re.MULTILINE))
    assert read == told


@pytest.mark.skipif(not in_a_clone(), reason="Needs git and a clone.")
def test_what_a_user_makes_is_never_committed():
    made = ["runs.db", "runs.db-wal", "data/images/ab/1.jpg", "experiments/run-001/x"]
    made += ["cache/thumbnails/1.jpg", ".venv/bin/python", "tests/failures/1.png"]

    done = run("git", "check-ignore", *made)

    assert done.stdout.split() == made


@pytest.mark.skipif(not in_a_clone(), reason="Needs git and a clone.")
def test_no_file_is_too_large_for_a_quick_clone():
    listed = run("git", "ls-files", "-z").stdout.split("\0")
    tracked = [PROJECT / name for name in listed if name]

    large = [one for one in tracked if one.is_file() and one.stat().st_size > 5_000_000]

    assert large == []


def test_the_dockerfile_passes_the_linter():
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint is not installed; `make check` installs it.")

    done = run(hadolint, "Dockerfile")

    assert (done.returncode, done.stdout) == (0, "")


def test_the_container_gets_every_file_that_it_copies():
    dockerfile = (PROJECT / "Dockerfile").read_text()
    kept = {
        line.removeprefix("!")
        for line in (PROJECT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }

    lines = re.findall(r"^COPY (.+) \S+$", dockerfile, flags=re.MULTILINE)
    copied = {name for line in lines for name in line.split()}

    assert copied == kept
    assert all((PROJECT / name).exists() for name in copied)


@pytest.mark.skipif(shutil.which("bash") is None, reason="Needs bash.")
def test_the_ci_script_is_a_shell_script_without_slips():
    done = run("bash", "-n", ".ci/run")

    assert (done.returncode, done.stderr) == (0, "")
