"""`make bench`: press to picture, the caller's page, and the CPU of a forwarded packet.

Medians of several runs with their spread; the machine is named; the last line is JSON. Write what it says
into docs/benchmarks.md, worse results included.
"""

import asyncio
import json
import os
import platform
import statistics
import subprocess
from pathlib import Path

import uvloop
from playwright.async_api import async_playwright

from tests.bench import forward, page, press
from tests.pwa.caller import CHROMIUM

PRESSES, LOADS = 15, 7


async def in_browsers() -> tuple[list[float], list[page.Load], str]:
    """Everything that needs Chromium, and which one it was."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        try:
            return await press.measure(browser, PRESSES), await page.measure(browser, LOADS), browser.version
        finally:
            await browser.close()


def spread(values: list[float]) -> str:
    """Median, least and most."""
    return f"{statistics.median(values):8.1f}   ({min(values):.1f} to {max(values):.1f}, n={len(values)})"


def weigh() -> dict[str, int]:
    """The caller's page in bytes of brotli: `whole` in its largest language, and `apart` from words."""
    script = str(Path(__file__).with_name("size.ts"))
    said: dict[str, int] = json.loads(subprocess.check_output(["node", script]))
    return said


def main() -> None:
    size = weigh()
    presses, loads, chromium = asyncio.run(in_browsers())
    forwarding = uvloop.run(forward.measure())
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    print(
        f"machine: {os.cpu_count()} cores, {model}; Python {platform.python_version()}, Chromium {chromium}"
    )
    print(f"load average at the end: {os.getloadavg()[0]:.1f}")
    print(f"press to first decoded frame, ms       {spread(presses)}")
    print(f"Share button shows, ms                 {spread([load.share_button_ms for load in loads])}")
    print(f"caller's page over the wire, bytes     {spread([float(load.bytes_) for load in loads])}")
    print(f"caller's page, brotli, bytes           {size['whole']:8}   ({size['apart']} without its words)")
    print(f"CPU per forwarded packet, µs           {spread(forwarding.runs)}")
    print(f"   at {forwarding.packets_per_s} packets/s out, {forwarding.delivered:.1%} delivered")
    result = {
        "bench": "call",
        "press_to_frame_ms": round(statistics.median(presses), 1),
        "caller_bytes": size["whole"],
        "share_button_ms": round(statistics.median(load.share_button_ms for load in loads), 1),
        "cpu_us_per_packet": forwarding.cpu_us_per_packet,
    }
    print(json.dumps(result, separators=(",", ":")))


if __name__ == "__main__":
    main()
