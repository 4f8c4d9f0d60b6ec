"""What all tests of this folder share: where the programs are, and how a guest program is run."""

import os
import pathlib
import subprocess

import pytest

TARGET = pathlib.Path(os.environ["TARGET_DIR"])


@pytest.fixture(scope="session")
def root():
    """The checkout."""
    return pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def run_guest():
    """Runs a guest program in the runtime's engine and file system, with folders copied in and out.

    `run_guest(program, {guest folder: host folder}, {guest folder: host folder}, arguments)` gives the finished
    process; what the program wrote lies in the second folders.
    """

    def run(program, inputs, outputs, arguments=()):
        command = [TARGET / "debug/veracruz", "run", TARGET / f"guests/{program}.wasm"]
        for guest, host in inputs.items():
            command += ["--map", f"{host}={guest}"]
        for guest, host in outputs.items():
            command += ["--out", f"{guest}={host}"]
        command += ["--", *arguments] if arguments else []
        return subprocess.run(command, capture_output=True, check=False, timeout=600)

    return run
