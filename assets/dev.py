"""``python -m assets.dev --home HOME``: Dagster on one home, all its state inside it. What ``make dev`` runs."""

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "dagster.yaml"


def prepare(home: Path) -> dict[str, str]:
    """Make ``DAGSTER_HOME`` inside the home, with the project's ``dagster.yaml`` unless one is there.

    Returns:
        The variables that Dagster needs.
    """
    dagster_home = home.resolve() / "dagster"
    dagster_home.mkdir(parents=True, exist_ok=True)
    settings = dagster_home / TEMPLATE.name
    if not settings.exists():
        shutil.copyfile(TEMPLATE, settings)
    return {
        "DAGSTER_HOME": str(dagster_home),
        "SHUYUAN_HOME": str(home.resolve()),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        # Dagster would rather be called through another of its packages, and says so at every start.
        "PYTHONWARNINGS": "ignore:Function `dev_command` is superseded",
    }


def command(host: str, port: int) -> list[str]:
    """The command line of Dagster."""
    return [sys.executable, "-m", "dagster", "dev", "-m", "assets.definitions", "-h", host, "-p", str(port)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Become ``dagster dev`` on a home."""
    parser = argparse.ArgumentParser(prog="python -m assets.dev", description=__doc__)
    parser.add_argument("--home", type=Path, default=Path(".shuyuan"), help="工作目录 folder of all state")
    parser.add_argument("--host", default="127.0.0.1", help="监听地址 address to listen at")
    parser.add_argument("--port", type=int, default=3000, help="端口 port")
    given = parser.parse_args(arguments)
    variables = prepare(given.home)
    sys.stderr.write(
        f"Dagster: http://{given.host}:{given.port}（约 20 秒后可用 ready in about 20 s；Ctrl+C 停止 stops）\n"
    )
    # A shell that starts jobs in the background has them ignore Ctrl+C, and Dagster's processes inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(variables["DAGSTER_HOME"])  # beside the template it would warn that it does not read it
    os.execve(sys.executable, command(given.host, given.port), {**os.environ, **variables})  # noqa: S606 - ourselves


if __name__ == "__main__":
    main()
