"""Programs that print what was not computed."""

from .tasks import NO_JUDGE, PROGRAM, all_with, on_sum

_PROGRAMS = {
    "prints nothing": "pass",
    "exits at once": "import os\nos._exit(0)",
    "prints both": "print('10 55')",
    "prints all lines": "print('10\\n55')",
    "fails after printing": "print(10 if input() == '4' else 55)\nraise SystemExit(1)",
    "remembers": "import sys\nprint(sys.modules.get('answers'))",
}

ATTACKS = on_sum("programs", all_with(PROGRAM, _PROGRAMS), NO_JUDGE)
