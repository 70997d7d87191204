"""docs/a-call.md is true: its paths lead somewhere, and every audit action is recorded and told of."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from backend.model.entries import Action

ROOT = Path(__file__).parents[2]
STORY = (ROOT / "docs" / "a-call.md").read_text()
SERVICES = "".join(path.read_text() for path in (ROOT / "backend" / "services").glob("*.py"))
STEP = re.compile(r"((?:[\w-]+/)+[\w-]+\.(?:py|ts|tsx))(?: : (\w+(?:, \w+)*))?")
NAMED = sorted({(path, name) for path, names in STEP.findall(STORY) for name in names.split(", ")})


@cache
def defined(path: str) -> set[str]:
    """The functions and classes of a file in Python."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, kinds)}


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_step_of_the_story_is_in_the_code(path: str, name: str) -> None:
    source = (ROOT / path).read_text()
    if name and path.endswith(".py"):
        assert name in defined(path)
    elif name:
        assert re.search(rf"\b(function|class|const|let) {name}\b", source)


def test_the_story_has_its_steps() -> None:
    assert len(NAMED) > 20
    assert re.findall(r"^\| (\d+) ", STORY, re.MULTILINE) == [str(n) for n in range(1, 15)]


@pytest.mark.parametrize("action", Action)
def test_an_audit_action_is_recorded_and_told_of(action: Action) -> None:
    assert f"Action.{action.name}" in SERVICES
    assert re.search(rf"(?<![\w.-]){re.escape(action.value)}(?![\w-])", STORY)
