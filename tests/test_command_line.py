"""The program as a person meets it: a real process, its children, its files, and how it ends."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from aurelius import instance
from aurelius.__main__ import COMMANDS, main
from aurelius.setup.connections import CHATS

ROOT = Path(__file__).parents[1]
SECONDS = 60.0
SECRETS = re.compile(r"(AURELIUS|ANTHROPIC|SKILL|DATABASE|REDIS|PUBLIC)_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A data folder with commands run on it as a shell would."""

    data: Path
    environment: dict[str, str]

    def run(self, *arguments: str, say: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "aurelius", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, input=say, capture_output=True, text=True, timeout=SECONDS
        )

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """`aurelius run` until it has said that it is ready; killed at the end, if it still runs."""
        command = [sys.executable, "-m", "aurelius", "run", *arguments]
        with (self.data.parent / "stderr").open("w") as errors:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        with process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline(), (self.data.parent / "stderr").read_text()
                yield process
            finally:
                process.kill()


def clean_environment(data: Path, **more: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not SECRETS.match(name)}
    return {**ours, "AURELIUS_DATA_DIR": str(data), "AURELIUS_PORT": "0", **more}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    data = tmp_path_factory.mktemp("machine") / "data"
    return Machine(data=data, environment=clean_environment(data))


def descendants(pid: int) -> set[int]:
    """The processes below `pid`, by /proc."""
    children = [int(p) for task in Path(f"/proc/{pid}/task").iterdir() for p in (task / "children").read_text().split()]
    return {*children, *(below for child in children for below in descendants(child))}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def until(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()


def test_help_is_instant() -> None:
    started = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-m", "aurelius", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert time.perf_counter() - started < 1.0  # a tenth of that on an idle machine
    assert run.returncode == 0
    assert all(command in run.stdout for command in COMMANDS)


def test_an_unknown_command_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dance"]) == 2
    assert "no command 'dance'" in (said := capsys.readouterr().err)
    assert "doctor" in said


def test_a_bad_setting_stops_with_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    run = Machine(data=tmp_path, environment=clean_environment(tmp_path, AURELIUS_PORT="eighty")).run("run")
    assert run.returncode == 1
    assert "AURELIUS_PORT (in the environment)" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_taken_port_names_the_setting_that_helps(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        run = Machine(data=tmp_path, environment=clean_environment(tmp_path, AURELIUS_PORT=port)).run("run")
    assert run.returncode == 1
    assert f"port {port}" in run.stderr
    assert "AURELIUS_PORT" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_wrong_database_is_told_in_words_and_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://ann:pa55word@127.0.0.1:1/nothing"
    run = Machine(data=tmp_path, environment=clean_environment(tmp_path, DATABASE_URL=url)).run("run")
    assert run.returncode == 1
    assert "DATABASE_URL" in run.stderr
    assert "pa55word" not in run.stderr
    assert "Traceback" not in run.stderr


def test_a_data_folder_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "data"
    run = Machine(data=folder, environment=clean_environment(folder)).run("run")
    assert run.returncode == 1
    assert "AURELIUS_DATA_DIR" in run.stderr
    assert "Traceback" not in run.stderr


def test_link_without_a_running_assistant_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AURELIUS_DATA_DIR", str(tmp_path))
    assert main(["link"]) == 1
    assert "aurelius run" in capsys.readouterr().err


@pytest.fixture(scope="module")
def assistant(machine: Machine) -> Iterator[subprocess.Popen[str]]:
    """One that runs, shared by the next tests; the last of them ends it."""
    with machine.running() as process:
        yield process


def test_a_running_assistant_is_found_by_a_file_that_only_its_owner_reads(
    machine: Machine, assistant: subprocess.Popen[str]
) -> None:
    assert stat.S_IMODE((machine.data / instance.FILE).stat().st_mode) == 0o600
    found = instance.find(machine.data)
    assert found is not None
    assert found.pid == assistant.pid
    with urllib.request.urlopen(f"{found.url}/readyz", timeout=10) as answer:
        assert answer.status == 200
    second = machine.run("run")
    assert (second.returncode, "runs already" in second.stdout) == (0, True)


def test_link_prints_a_fresh_link_and_refuses_a_wrong_code_in_words(
    machine: Machine, assistant: subprocess.Popen[str]
) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/link\?code=[\w-]{20,}\n", machine.run("link").stdout)
    wrong = machine.run("link", "AAAAAAAA")
    assert wrong.returncode == 1
    assert wrong.stderr.strip()
    assert "Traceback" not in wrong.stderr


def test_the_doctor_finds_a_running_assistant_well(machine: Machine, assistant: subprocess.Popen[str]) -> None:
    doctor = machine.run("doctor", "--json")
    health = {found["name"]: found["health"] for found in json.loads(doctor.stdout)}
    unconnected = {"claude", "speech", *(service.name for service in CHATS)}
    assert {health.pop(name) for name in unconnected} == {"missing"}
    assert set(health.values()) == {"ok"}, doctor.stdout
    assert doctor.returncode == 0


def test_the_offline_model_comes_back_when_it_dies_and_the_answer_is_not_lost(
    machine: Machine, assistant: subprocess.Popen[str]
) -> None:
    model = next(pid for pid in descendants(assistant.pid) if b"lab" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(model, signal.SIGKILL)
    answered = machine.run("chat", "-m", "what time is it?")
    assert answered.returncode == 0, answered.stderr
    assert answered.stdout.strip()


def test_told_to_stop_it_is_gone_in_five_seconds_with_all_its_children(
    machine: Machine, assistant: subprocess.Popen[str]
) -> None:
    children = descendants(assistant.pid)
    assert len(children) > 2
    started = time.monotonic()
    assistant.terminate()
    assert assistant.wait(10) == 0
    assert time.monotonic() - started < 6.0
    assert [pid for pid in children if alive(pid)] == []
    assert instance.find(machine.data) is None


def test_a_killed_assistant_leaves_no_process_and_chat_starts_another_for_as_long_as_it_lasts(machine: Machine) -> None:
    with machine.running() as process:
        children = descendants(process.pid)
        process.kill()
        process.wait(10)
        assert until(lambda: not any(map(alive, children)))
    assert instance.find(machine.data) is None
    answered = machine.run("chat", "-m", "hello")
    assert answered.returncode == 0, answered.stderr
    assert answered.stdout.strip()
    assert instance.find(machine.data) is None
    assert not (machine.data / "postgres" / "postmaster.pid").exists()


def test_a_part_can_run_alone(machine: Machine) -> None:
    with machine.running("--only", "clock") as process:
        assert instance.find(machine.data) is None
        process.terminate()
        assert process.wait(10) == 0


def test_a_key_given_to_setup_is_kept_where_only_the_owner_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AURELIUS_DATA_DIR", str(tmp_path))
    for said, status in (("not a key\n", 1), ("sk-ant-0123456789\n", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(said))
        assert main(["setup", "--claude-key"]) == status
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert main(["setup"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"Claude: +connected", told)
    assert "0123456789" not in told


def test_integrations_lists_every_built_in_skill(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["integrations"]) == 0
    told = capsys.readouterr().out
    for skill in (ROOT / "skills" / "builtin").glob("*/skill.toml"):
        assert f"  {skill.parent.name}." in told


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"aurelius \d+\.\d+\.\d+\n", capsys.readouterr().out)
