"""Standard output whose reader goes away."""

import io
import os

from daemon.commands.output import GONE, LineOutput


def pipe():
    """Both ends of a pipe, as files of text."""
    read, write = os.pipe()
    return os.fdopen(read), os.fdopen(write, "w")


def test_lines_go_out_as_they_come():
    reader, writer = pipe()
    LineOutput(writer, io.StringIO()).print_lines(["one", "two"])
    assert [reader.readline(), reader.readline()] == ["one\n", "two\n"]
    reader.close()
    writer.close()


def test_a_reader_that_has_gone_is_told_of_once_and_ends_nothing():
    reader, writer = pipe()
    reader.close()
    errors = io.StringIO()
    out = LineOutput(writer, errors)
    for _ in range(3):
        out.print_lines(["one"])
    writer.close()  # what Python does at its end
    assert errors.getvalue() == f"{GONE}\n"
