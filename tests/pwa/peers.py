"""Pages that publish and watch by the product's own rtc modules, served by tests.peers.

`html()` is the page; in it `window.peer` does what tests/pwa/peer.ts says.
"""

import functools
import subprocess
from pathlib import Path

PWA = Path(__file__).parents[2] / "pwa"


@functools.cache
def html() -> str:
    """The page with its script inside, bundled anew from the sources."""
    entry = Path(__file__).with_name("peer.ts")
    bundler = PWA / "node_modules" / ".bin" / "rolldown"
    script = subprocess.run(
        [bundler, entry, "--format", "iife", "--platform", "browser"],
        capture_output=True,
        text=True,
        check=True,
        cwd=PWA,
    ).stdout
    return f"<!doctype html><title>peer</title><body><script>{script}</script>"
