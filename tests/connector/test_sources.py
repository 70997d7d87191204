"""What a connector remembers of its cameras: troubles that pass, and those that do not."""

from pathlib import Path

import pytest

from media.connector import sources
from media.connector.folder import Camera, Folder
from media.connector.sources import Sources


def test_a_trouble_that_may_have_passed_is_forgotten_and_a_lasting_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, told = Folder(tmp_path / "connector"), list[list[str | None]]()
    folder.prepare()
    for name in ("door", "yard"):
        folder.add_camera(Camera(name=name, label=name, url="rtsp://10.0.0.1/"))
    held = Sources(folder, lambda: told.append([each.trouble for each in held.reports()]))
    held.broke("door", "The camera hung up.", lasting=False)
    held.broke("yard", "The camera does not take this name and password.", lasting=True)
    held.look()
    assert told[-1] == ["The camera hung up.", "The camera does not take this name and password."]
    monkeypatch.setattr(sources, "_PASSES_S", -1.0)
    held.trouble("door", "The camera cannot be reached.")
    held.look()
    assert told[-1] == [None, "The camera does not take this name and password."]
