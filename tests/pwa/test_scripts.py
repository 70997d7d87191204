"""What is tried in Node: the pages' logic without a browser, and the caller's page by weight."""

import json
import subprocess
from pathlib import Path

from tests.pwa.vectors import vectors

ROOT = Path(__file__).parents[2]
CALLER_BYTES = 14_000  # brotli, every language's words apart


def test_the_pages_logic_passes_its_own_tests() -> None:
    run = subprocess.run(
        ["npm", "test", "--silent"], cwd=ROOT / "pwa", capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_callers_page_weighs_at_most_14_kilobytes() -> None:
    run = subprocess.run(
        ["node", "tests/bench/size.ts"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(run.stdout)["apart"] <= CALLER_BYTES


def test_the_vectors_of_the_public_pages_check_are_what_the_logs_own_code_makes() -> None:
    assert (ROOT / "tests" / "pwa" / "log.vectors.json").read_bytes() == vectors()
