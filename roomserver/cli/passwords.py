"""Passwords on the command line: never in its arguments, where every process can read them."""

from __future__ import annotations

import getpass
import secrets
import sys
from typing import NamedTuple

from protocol.limits import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN
from roomserver.cli.command import CommandError, Exit, Invocation, argument
from roomserver.cli.output import Output, Row

PASSWORD = argument("--password-stdin", action="store_true", help="read the password from standard input")
"""The argument of commands that take one."""
_RANDOM_BYTES = 12


class NewPassword(NamedTuple):
    """A password to set; one that was made up here is shown, once."""

    text: str
    is_made: bool

    def show(self, facts: Row, text: str, output: Output) -> None:
        """Print a command's answer, with the password where only we know it."""
        if not self.is_made:
            output.result(facts, text)
            return
        output.result({**facts, "password": self.text}, f"password: {self.text}\n{text}")


def new_password(invocation: Invocation) -> NewPassword:
    """
    Ask for a password on the terminal, or read it with ``--password-stdin``, or make one up.

    Raises:
        CommandError: it is too short or too long.

    """
    from_stdin: bool = invocation.arguments.password_stdin
    if not from_stdin and not sys.stdin.isatty():
        return NewPassword(secrets.token_urlsafe(_RANDOM_BYTES), is_made=True)
    text = sys.stdin.readline().rstrip("\n") if from_stdin else getpass.getpass("Password: ")
    if not PASSWORD_CHARS_MIN <= len(text) <= PASSWORD_CHARS_MAX:
        expected = f"{PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters"
        raise CommandError(f"expected a password of {expected}, got {len(text)}", Exit.USAGE)
    return NewPassword(text, is_made=False)
