"""``runner image build | save | load | show | name``: the image that sandboxes run."""

import argparse
import sys
from pathlib import Path
from typing import Any

from runner import images
from runner.cli.exits import Exit
from runner.cli.render import one_line
from runner.errors import ConfigurationError
from runner.images.wheels import PYTHON


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("image", help="build, save or load an image of the worker")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    build = actions.add_parser("build", help="build it, unless it exists")
    _add_variant(build)
    build.add_argument("--requirements", type=Path, help=_REQUIREMENTS, metavar="FILE")
    build.add_argument("--name", help="the name of the image with these packages")
    build.add_argument("--preload", default="", help=_PRELOAD, metavar="MODULES")
    build.add_argument("--find-links", type=Path, help=_FIND_LINKS, metavar="DIRECTORY")
    build.add_argument("--python", choices=(PYTHON,), default=PYTHON, help="its version of Python")
    build.add_argument("--locked", action="store_true", help="refuse versions not in lock.json")
    build.add_argument("--update-lock", action="store_true", help="write versions to lock.json")
    build.add_argument("--method", choices=("auto", "debian", "dockerfile"), default="auto")
    build.set_defaults(command=_build)
    save = actions.add_parser("save", help="write it to a tar file, for other machines")
    save.add_argument("file", type=Path)
    save.add_argument("--variant", help=_VARIANT, metavar="NAME")
    save.set_defaults(command=_save)
    load = actions.add_parser("load", help="read it from such a file")
    load.add_argument("file", type=Path)
    load.add_argument("--variant", help=_VARIANT, metavar="NAME")
    load.add_argument("--content", help=_CONTENT, metavar="SHA256")
    load.set_defaults(command=_load)
    show = actions.add_parser("show", help="print its digests, for comparison between parties")
    _add_variant(show)
    show.set_defaults(command=_show)
    name = actions.add_parser("name", help="print its name")
    _add_variant(name)
    name.set_defaults(command=_name)


_VARIANT = "an image with more packages, such as scientific; the plain one if omitted"

_REQUIREMENTS = (
    "Python packages in pip's format; pinned with hashes in a file beside it that ends in .lock"
)
_PRELOAD = "modules to import before any solution, with commas between them: numpy,pandas"
_FIND_LINKS = "a directory of wheels to take instead of any index"

_CONTENT = "refuse other content than this, which `runner image show` prints"


def _add_variant(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("variant", nargs="?", help=_VARIANT, metavar="NAME")


def _build(options: argparse.Namespace) -> Exit:
    if options.variant and options.name:
        raise ConfigurationError(f"two names for an image: {options.variant} and {options.name}")
    built = images.build(
        variant=options.name or options.variant,
        requirements=options.requirements,
        preload=filter(None, options.preload.split(",")),
        find_links=options.find_links,
        locked=options.locked,
        update_lock=options.update_lock,
        method=options.method,
    )
    for line in built.differences:
        sys.stderr.write(f"differs from the lock: {line}\n")
    sys.stdout.write(f"{built.reference} {'built' if built.created else 'is there'}\n")
    return Exit.OK


def _save(options: argparse.Namespace) -> Exit:
    images.save(options.file, variant=options.variant)
    sys.stdout.write(f"{images.image_reference(options.variant)} written to {options.file}\n")
    return Exit.OK


def _load(options: argparse.Namespace) -> Exit:
    images.load(options.file, variant=options.variant, content=options.content)
    sys.stdout.write(f"{images.image_reference(options.variant)} loaded\n")
    return Exit.OK


def _show(options: argparse.Namespace) -> Exit:
    shown = images.show(variant=options.variant)
    rows = {"name": shown.reference, "id": shown.image_id, "content": shown.content, **shown.labels}
    for name, value in rows.items():
        sys.stdout.write(f"{name}: {one_line(value, 200)}\n")
    return Exit.OK


def _name(options: argparse.Namespace) -> Exit:
    sys.stdout.write(images.image_reference(options.variant) + "\n")
    return Exit.OK
