"""The output of a process, which does not depend on the locale."""

import sys


def print_any_character() -> None:
    """Make this process print UTF-8 into files and pipes. On a terminal, replace characters that it can't show."""
    for stream in filter(None, (sys.__stdout__, sys.__stderr__)):
        if stream.isatty():
            stream.reconfigure(errors="replace")
        else:
            # The name of a file may hold bytes that are not UTF-8. They are printed unchanged.
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
