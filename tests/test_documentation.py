"""What the documents say is true: commands exist, names exist, links lead somewhere, tables are those of the code."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from aurelius.__main__ import COMMANDS, main
from aurelius.settings import table

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")})
README = (ROOT / "README.md").read_text()
# Places on one machine, places to download from, and what only somebody who was there understands.
# Written so that this file does not hold what it looks for.
FOREIGN = re.compile(
    r"(?<![\w.])/(?:wor[k]|roo[t]|hom[e]/\w+|User[s]/\w+|opt/\w+)/|\.\./share[d]|files\.python[h]osted|registry\.n[p]mjs"
    r"|index-ur[l]\s*=|\b(?:issue|ticket) #\d|\bTOD[O]\b|\bFIXM[E]\b"
)
TEXT = {".py", ".md", ".toml", ".lock", ".yml", ".json", ".html", ".css", ".js", ".txt", ""}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, timeout=30)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_the_readme_lists_exactly_the_settings_there_are() -> None:
    between = re.search(r"aurelius\.settings -->\n(.*?)<!-- end", README, re.S)
    assert between is not None
    assert between[1].strip() == table(), "python -m aurelius.settings prints the table that belongs there"


def test_the_readme_lists_exactly_the_commands_there_are() -> None:
    rows = [line for line in README.splitlines() if line.startswith("| `aurelius")]
    assert {name for row in rows for name in re.findall(r"`aurelius ([a-z-]+)", row)} == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert f"usage: aurelius {command}" in capsys.readouterr().out


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_tells_to_make_can_be_made(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    told = set(re.findall(r"(?:^    |`)make ([a-z-]+)", document.read_text(), re.M))
    assert told <= targets


def test_the_image_and_the_lock_follow_the_packages() -> None:
    find = re.search(r"include = \[(.*?)\]", (ROOT / "pyproject.toml").read_text())
    assert find is not None
    packages = set(re.findall(r'"(\w+)\*"', find[1]))
    assert packages == set(re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.M))
    assert packages == set(re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(), re.M)) - {"LICENSE"}


def test_names_in_the_architecture_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    names = re.findall(r"`([a-z_]+/[\w/.]*)`", text)
    assert names
    assert [name for name in names if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_inside_the_repository_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?![a-z]+:)([^)\s]+)\)", document.read_text()):
        path, _, heading = target.partition("#")
        found = (document.parent / path) if path else document
        assert found.exists(), target
        if heading:
            assert heading in {_anchor(line) for line in found.read_text().splitlines() if line.startswith("#")}, target


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lstrip("# ").lower()).replace(" ", "-")


@pytest.mark.parametrize("decision", sorted(ROOT.glob("docs/adr/*.md")), ids=lambda path: path.name)
def test_a_decision_is_short_and_names_its_price(decision: Path) -> None:
    text = decision.read_text()
    assert len(text.splitlines()) <= 30
    assert re.match(r"0\d{3}-[a-z0-9-]+\.md$", decision.name)
    assert text.startswith(f"# {int(decision.name[:4])}. ")
    for part in ("**Context.**", "**Decision.**", "**Price.**"):
        assert part in text


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in ROOT.glob("docs/adr/*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_changes_have_a_place_for_the_next_version() -> None:
    assert re.search(r"^## (Unreleased|0\.1\.0)", (ROOT / "CHANGELOG.md").read_text(), re.M)


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_repository_speaks_of_itself_alone() -> None:
    found = []
    for path in tracked():
        if path.suffix in TEXT and "lock" not in path.name:
            text = path.read_text(errors="replace")
            found += [f"{path.relative_to(ROOT)}: {hit[0]}" for hit in FOREIGN.finditer(text)]
    assert found == []


def test_the_locks_name_no_place_to_download_from() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text()
        assert all("==" in line for line in lock.read_text().splitlines() if line[:1].isalpha())


def test_no_secret_is_in_the_repository() -> None:
    secret = re.compile(
        r"sk-ant-[a-z0-9]{2,}-[\w-]{40,}|xox[bp]-\d{10,}-|-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}"
    )
    assert [
        str(path) for path in tracked() if path.suffix in TEXT and secret.search(path.read_text(errors="replace"))
    ] == []
