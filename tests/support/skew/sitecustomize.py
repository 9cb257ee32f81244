"""Python runs this at its start where this folder is on PYTHONPATH; it puts clocks out of joint:

SKEWED: the wall clock of the child process whose name begins like this is an hour ahead. LEASE: the seconds of a lease
in every process of the server.
"""

from __future__ import annotations

import os
import sys
import time

_HOUR = 3600.0
_true_time = time.time

_skewed = os.environ.get("SKEWED")
if _skewed and "flashreel.child" in sys.orig_argv and sys.orig_argv[-1].startswith(_skewed):
    time.time = lambda: _true_time() + _HOUR

_lease = os.environ.get("LEASE")
if _lease and {"flashreel", "flashreel.child"} & set(sys.orig_argv):
    from flashreel.jobs import leases

    leases.LEASE_SECONDS = float(_lease)
