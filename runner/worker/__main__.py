"""Entry point of the worker, on every backend: ``python -I -S -B .../worker/__main__.py``.

The package is loaded from the directory of this file and not by way of ``sys.path``: a solution
must not be able to import the worker's neighbours, and isolated mode gives no script directory.
"""

import importlib.util
import os
import sys


def _load_package() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location(
        "worker", os.path.join(here, "__init__.py"), submodule_search_locations=[here]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["worker"] = package
    spec.loader.exec_module(package)


_load_package()

if sys.argv[1:2] == ["zygote"]:
    from worker.determinism import file_status  # type: ignore[import-not-found]

    with file_status.without_numbers():
        from worker.zygote.zygote import main  # type: ignore[import-not-found]
else:
    from worker.supervisor.supervisor import main  # type: ignore[import-not-found]

main()
