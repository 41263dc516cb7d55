"""Draws packages by their imports, as text: ``python -m tests.docs.drawing runner``."""

import sys
from graphlib import TopologicalSorter

import grimp


def drawing(package: str) -> str:
    """Return a line for each part of a package, callers above what they call.

    An arrow means an import anywhere in that part. Arrows that follow from others are left out.

    Args:
        package: ``runner``, or the name of a package below it.

    Raises:
        graphlib.CycleError: Parts import each other in a circle, which ``make layers`` refuses.
    """
    arrows = _arrows(package)
    width = max(map(len, arrows))
    reached: dict[str, set[str]] = {}
    floors: dict[str, int] = {}
    lines = []
    for part in TopologicalSorter(arrows).static_order():
        implied = {far for near in arrows[part] for far in reached[near]}
        reached[part] = arrows[part] | implied
        floors[part] = 1 + max((floors[near] for near in arrows[part]), default=0)
        shown = sorted(arrows[part] - implied, key=lambda near: (-floors[near], near))
        line = f"{part:{width}} > {' '.join(shown)}" if shown else part
        lines.append((-floors[part], line))
    return "".join(f"{line}\n" for _, line in sorted(lines))


def _arrows(package: str) -> dict[str, set[str]]:
    """Return for each part of a package which other parts it imports."""
    graph = grimp.build_graph("runner", cache_dir=None)
    parts = graph.find_children(package)
    for part in parts:
        graph.squash_module(part)
    start = len(package) + 1
    return {
        part[start:]: {
            near[start:] for near in graph.find_modules_directly_imported_by(part) & parts - {part}
        }
        for part in parts
    }


if __name__ == "__main__":
    sys.stdout.write("\n".join(map(drawing, sys.argv[1:])))
