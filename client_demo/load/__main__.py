"""``python -m client_demo.load URL``."""

from __future__ import annotations

import sys

from client_demo.load.command import main

sys.exit(main())
