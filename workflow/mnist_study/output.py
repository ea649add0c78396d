"""What a process prints, whatever the locale."""

import sys


def print_any_character() -> None:
    """Have this process print UTF-8 into files and pipes; on a terminal, mark what it can't show."""
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream.isatty():
            stream.reconfigure(errors="replace")
        else:
            # A file's name may hold bytes that are no text: they are printed as they are.
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
