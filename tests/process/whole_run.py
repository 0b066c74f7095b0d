"""What the process tests share: a whole run with the real binaries, watched and disturbed from outside."""
import atexit
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(os.environ.get("GYRE_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("GYRE_BINARY_DIR", ROOT / "build" / "bin"))
TINY = ROOT / "tests" / "process" / "tiny.textproto"

# Overrides that make a run of the tiny spec a few seconds long.
SHORT = {"stage[0].sft.steps": 6, "stage[1].rl.steps": 3, "stage[1].eval.max_problems": 4, "checkpoint.every_steps": 2}

# A run that takes longer hangs; then the test fails and shows the logs.
RUN_SECONDS = 180


def temporary_folder():
    """A folder that is removed when this process ends, unless GYRE_KEEP_RUNS is set."""
    folder = tempfile.mkdtemp(prefix="gyre-run-")
    if not os.environ.get("GYRE_KEEP_RUNS"):
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def overrides(options):
    """{"local__actors": 1} as command line arguments."""
    return [part for key, value in options.items() for part in ("--set", f"{key.replace('__', '.')}={value}")]


def gyre(*arguments, **options):
    """Runs a command; returns exit code, standard output and standard error."""
    result = subprocess.run([str(BIN / "gyre"), *map(str, arguments)], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
                            **options)
    return result.returncode, result.stdout, result.stderr


def children(pid):
    """{name: pid} of the role processes that `gyre run` with this pid has started, by their --name or their binary."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            command = (entry / "cmdline").read_bytes().decode().split("\0")
        except (OSError, IndexError, ValueError):
            continue
        if parent == pid and pathlib.Path(command[0]).name.startswith("gyre-"):
            name = command[command.index("--name") + 1] if "--name" in command else pathlib.Path(command[0]).name.removeprefix("gyre-")
            found[name] = int(entry.name)
    return found


def running(pids):
    """Those of the pids that are still alive (not zombies)."""
    alive = []
    for pid in pids:
        try:
            if pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX":
                alive.append(pid)
        except OSError:
            pass
    return alive


def wait_until(condition, seconds, what):
    """Polls a fact about other processes that nothing announces; fails with what was awaited."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"after {seconds} s still waiting for {what}")


class Run:
    """`gyre run` in a directory of its own."""

    def __init__(self, folder=None, spec=TINY, binaries=BIN, prefix=(), **options):
        self.binaries = binaries
        self.prefix = list(prefix)  # a command that executes the rest, such as nohup
        self.folder = pathlib.Path(folder or temporary_folder())
        self.run_dir = self.folder / "run"
        self.spec = spec
        self.options = options
        self.process = None
        atexit.register(self.kill_everything)  # whatever the test did, nothing is left running

    def start(self, *extra):
        command = self.prefix + [self.binaries / "gyre", "run", self.spec, "--run-dir", self.run_dir] + overrides(self.options)
        with open(self.folder / "output.txt", "a") as output:
            self.output_start = output.tell()
            self.process = subprocess.Popen([str(part) for part in command + list(extra)], stdout=output, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, start_new_session=True)
        return self

    def wait(self, seconds=RUN_SECONDS):
        """Exit code; on a hang everything is killed and the logs are shown."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.show_logs()
            self.kill_everything()
            raise AssertionError(f"the run did not end within {seconds} s")

    def finish(self):
        """Waits for a good end; returns the summary."""
        code = self.wait()
        if code != 0:
            self.show_logs()
            raise AssertionError(f"gyre run ended with exit code {code}")
        return self.summary()

    def kill_everything(self):
        if self.process is None or self.process.poll() is not None:
            return
        pids = list(children(self.process.pid).values())
        for pid in [self.process.pid, *pids]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def children(self):
        return children(self.process.pid)

    def lines(self):
        """Committed steps, as metrics.jsonl has them."""
        path = self.run_dir / "metrics.jsonl"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def metrics(self):
        return [json.loads(line) for line in (self.run_dir / "metrics.jsonl").read_text().splitlines()]

    def samples(self):
        return [json.loads(line) for line in (self.run_dir / "samples.jsonl").read_text().splitlines()]

    def summary(self):
        return json.loads((self.run_dir / "summary.json").read_text())

    def digest(self):
        return self.summary()["policy"]["digest"]

    def wait_for_line(self, line, seconds=120):
        wait_until(lambda: self.lines() >= line or self.process.poll() is not None, seconds, f"step {line} to be committed")
        if self.process.poll() is not None and self.lines() < line:
            self.show_logs()
            raise AssertionError(f"the run ended (exit code {self.process.returncode}) before step {line}")

    def output_text(self):
        """What `gyre run` said since it was started last."""
        with open(self.folder / "output.txt") as output:
            output.seek(self.output_start)
            return output.read()

    def last_line(self):
        """Why a run failed stands in the last line that it writes."""
        return self.output_text().rstrip("\n").rsplit("\n", 1)[-1]

    def show_logs(self):
        sys.stderr.write(f"\n---- {self.folder}/output.txt\n{self.output_text()[-3000:]}\n")
        for log in sorted((self.run_dir / "logs").glob("*.log")) if (self.run_dir / "logs").exists() else []:
            sys.stderr.write(f"---- {log.name}\n{log.read_text(errors='replace')[-2500:]}\n")


def check_accounts(test, summary):
    """Every issued group is found again, none was dropped, and sampler and trainer agreed to the bit."""
    groups = {key: int(value) for key, value in summary["groups"].items() if not isinstance(value, dict)}
    test.assertEqual(groups["issued"], groups["consumed"] + groups["evaluated"] + groups["written"] + groups["dropped"])
    test.assertEqual(groups["dropped"], 0)
    test.assertEqual(groups["in_flight"], 0)
    test.assertEqual(summary["max_logprob_difference"], 0)
    test.assertGreater(int(summary["logprobs_compared"]), 0)
    test.assertEqual(summary["status"], "finished")
