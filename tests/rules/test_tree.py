"""What a linter cannot see: generated files, the Makefile's help, borrowed names, addresses of machines."""

import ast
import inspect
import re
import subprocess
from pathlib import Path

import aiortc.rtcdtlstransport
import aiosqlite
import playwright
import pylibsrtp
import pytest

from backend.wire import typescript
from tests.chromium import PLAYWRIGHTS

ROOT = Path(__file__).parents[2]
# What media/rtc.py takes of others' private names, each with what it must look like.
BORROWED = {
    "_create_ssl_context": (
        aiortc.rtcdtlstransport.RTCCertificate,
        "(self, srtp_profiles: list[aiortc.rtcdtlstransport.SRTPProtectionProfile]) -> OpenSSL.SSL.Context",
    ),
    "_set_role": (aiortc.rtcdtlstransport.RTCDtlsTransport, "(self, role: str) -> None"),
    "_srtp_profiles": (aiortc.rtcdtlstransport.RTCDtlsTransport, "="),
    "_rx_srtp": (aiortc.rtcdtlstransport.RTCDtlsTransport, "="),
    "_tx_srtp": (aiortc.rtcdtlstransport.RTCDtlsTransport, "="),
    "_task": (aiortc.rtcdtlstransport.RTCDtlsTransport, "="),
    "_srtp": (pylibsrtp.Session, "="),
}


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: there is no list of files")
    return [path for path in listed.stdout.split("\0") if path]


def test_wire_ts_is_what_make_wire_writes() -> None:
    assert (ROOT / "pwa" / "src" / "wire.ts").read_text() == typescript()


@pytest.mark.parametrize("name", sorted(BORROWED))
def test_a_borrowed_name_is_still_there(name: str) -> None:
    owner, shape = BORROWED[name]
    if shape == "=":
        assert re.search(rf"self\.{name}\b.* = ", inspect.getsource(owner))
    else:
        assert str(inspect.signature(getattr(owner, name))) == shape


@pytest.mark.parametrize("name", ["_execute", "_conn", "_thread"])
def test_what_the_store_takes_of_aiosqlite_is_still_there(name: str) -> None:
    defined = re.search(rf"def {name}\(|self\.{name} = ", inspect.getsource(aiosqlite.Connection))
    assert defined is not None


def test_chromium_still_goes_without_what_playwright_has_it_go_without() -> None:
    bundle = Path(playwright.__file__).parent / "driver" / "package" / "lib" / "coreBundle.js"
    listed = re.search(r"disabledFeatures = \[(.*?)\]", bundle.read_text(), re.DOTALL)
    assert listed is not None
    assert tuple(re.findall(r'"(\w+)",?$', listed[1], re.MULTILINE)) == PLAYWRIGHTS


def test_every_borrowed_name_is_recorded() -> None:
    """A private attribute of something that is not `self` or our own is borrowed."""
    tree = ast.parse((ROOT / "media" / "rtc.py").read_text())
    ours = {node.attr for node in ast.walk(tree) if is_ours(node) and isinstance(node, ast.Attribute)}
    private = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not is_ours(node)
    }
    assert private - ours == set(BORROWED) - ours
    assert "_srtp" in private


def is_ours(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def test_nothing_tracked_names_a_machine() -> None:
    """No registry, and no path of the machine that somebody wrote this on."""
    hosts = re.compile(rb'"resolved": "https?://|--(?:extra-)?index-url|(?:^|\n)registry *=')
    paths = re.compile(rb"/(?:home|Users)/[a-z]\w*/|/root/\.\w|/work/(?:main|shared)")
    this = Path(__file__).name
    found = []
    for path in tracked():
        file = ROOT / path
        if not file.is_file() or path.endswith(this):
            continue
        held = file.read_bytes()
        if hosts.search(held) or paths.search(held):
            found.append(path)
    assert found == []


def test_every_make_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z][a-z-]*):(?!=)(.*)$", makefile, re.MULTILINE)
    assert len(targets) > 8
    assert [name for name, rest in targets if "## " not in rest] == []
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    assert {name for name, _ in targets} == set(phony[1].split())
