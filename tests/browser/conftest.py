"""A headless browser and servers on free ports, each stopped by its process group."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1600,1200",
)
STARTS_WITHIN = 120.0
"""Seconds: both servers import a lot."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every test of this folder be one of the browser tier."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A fresh headless Chromium."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("chromium and chromedriver are not installed (Debian: chromium, chromium-driver)")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield started
    started.quit()


class Server:
    """A command that serves on a port of 127.0.0.1, with what it said."""

    def __init__(self, command: list[str], *, port: int, cwd: Path, env: dict[str, str], log: Path) -> None:
        self.port, self.log = port, log
        with log.open("w") as file:
            self.process = subprocess.Popen(
                command, cwd=cwd, env=env, stdout=file, stderr=file, start_new_session=True
            )

    def said(self) -> str:
        """Return what the command wrote so far."""
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, path: str) -> None:
        """Wait until the path is answered, whatever the answer; fail if the command ends before."""
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until:
            assert self.process.poll() is None, self.said()
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5).close()
                return
            except urllib.error.HTTPError as answer:
                answer.close()
                return
            except OSError:
                time.sleep(0.3)
        pytest.fail(f"no answer within {STARTS_WITHIN:.0f} s:\n{self.said()}")

    def stop(self) -> None:
        """End the command and all its children."""
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(10)
        # children that outlive the command are of its group still
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="session")
def command_environment() -> dict[str, str]:
    """What commands are started with: nothing that leads to another project or tracking server."""
    elsewhere = ("DVC_ROOT", "DVC_EXP_NAME", "MLFLOW_TRACKING_URI", "CRMLAB_PROGRESS")
    return {k: v for k, v in os.environ.items() if k not in elsewhere}


@pytest.fixture(scope="session")
def serve(
    tmp_path_factory: pytest.TempPathFactory, command_environment: dict[str, str]
) -> Iterator[Callable[..., Server]]:
    """Return a function that starts `python -m ARGUMENTS`, '{port}' being a free port."""
    servers = []

    def start(*arguments: str, cwd: Path) -> Server:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", *(a.format(port=port) for a in arguments)]
        log = tmp_path_factory.mktemp("server") / "said.txt"
        servers.append(Server(command, port=port, cwd=cwd, env=command_environment, log=log))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
