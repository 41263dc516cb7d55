"""A work directory, made and removed without a program: what is left is found."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.user

#: As root, on file systems that only this process sees; as an ordinary user, the reason why not.
_CHILD = """
import base64, json, os, sys
from runner.worker.kernel import process
from runner.worker.supervisor.work_directory import NoPlaces, WorkDirectory, find_places

try:
    places = find_places(own_uids=os.geteuid() == 0, contained=False)
except NoPlaces as error:
    print(json.dumps({"no places": str(error)}))
    sys.exit()
outside, uid, limit = sys.argv[1], 2_000_999_999, 1 << 20

def made(**files):
    encoded = {name: base64.b64encode(text.encode()).decode() for name, text in files.items()}
    directory = WorkDirectory(places, uid, encoded, limit, 100)
    directory.make()
    return directory

place = min(places, key=places.get)
work = f"{place}/root/work"
found = {}
directory = made(given="x", other="y")
with process.file_access_as(uid):
    os.symlink(outside, f"{work}/link")
    os.symlink(outside, f"{work}/../tmp/link")
    os.remove(f"{work}/other")
    with open(f"{work}/given", "a") as file: file.write("!")
    os.makedirs(f"{work}/d/e")
    try:
        os.listdir(outside)
    except PermissionError:
        found["root's rights are gone"] = True
found["left"] = [each["name"] for each in directory.left().files]
found["removed"] = directory.remove()
found["outside"] = os.listdir(outside)

made()
with open(f"{place}/stray", "w"): pass
found["with a stray name"] = directory.remove()
os.remove(f"{place}/stray")
made()
fd = os.open(f"{place}/held", os.O_CREAT | os.O_WRONLY)
os.write(fd, bytes(4096))
os.unlink(f"{place}/held")
found["with a file that is held open"] = directory.remove()
os.close(fd)
made()
found["again"] = directory.remove()
print(json.dumps(found))
"""


def test_what_is_left_is_found_and_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o700)
    (outside / "precious").write_text("x")
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, outside], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    if os.geteuid() != 0:
        assert "run as root, or use" in found["no places"]
        return
    assert found == {
        "root's rights are gone": True,
        "left": ["given"],
        "removed": True,
        "outside": ["precious"],
        "with a stray name": False,
        "with a file that is held open": False,
        "again": True,
    }
    assert not Path("/dev/shm/files").exists()
