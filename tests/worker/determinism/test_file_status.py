"""The status that imports of a zygote see: nothing of it is a number of the machine."""

import os
import posix
from pathlib import Path

import pytest

from runner.worker.determinism import file_status


def test_kind_size_and_time_are_the_real_ones(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 70_000)
    os.utime(file, (1, 1_700_000_000))
    real = posix.stat
    with file_status.without_numbers():
        assert posix.stat is not real
        found, directory = posix.stat(str(file)), posix.stat(str(tmp_path))
        with pytest.raises(FileNotFoundError, match="absent"):
            posix.stat("absent")
    assert posix.stat is real
    assert (found.st_mode, found.st_size) == (file.stat().st_mode, 70_000)
    assert found.st_mtime == 1_700_000_000
    assert directory.st_mode == tmp_path.stat().st_mode
    assert (found.st_dev, found.st_ino) == (0, 0)
