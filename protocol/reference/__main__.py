"""Print the reference."""

from __future__ import annotations

import sys

from protocol.reference import render

sys.stdout.write(render())
