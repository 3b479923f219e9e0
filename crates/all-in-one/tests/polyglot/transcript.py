"""What every script here has alike: its arguments, and the transcript of what it asked, what came back and what should have.

A check that fails does not end the run, so that one run names every difference; the exit code says whether there was any.
"""

import argparse
import json
import os
import sys
import threading
import traceback
from pathlib import Path

PASSWORD = "correct horse battery staple"
# Seconds after which a run that waits for something gives up; no run takes nearly as long.
PATIENCE = 150


def arguments(description):
    """Reads the command line: where the server is and, for a new instance, its set-up token."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--address", required=True, help="host and port of the server, such as 127.0.0.1:8080")
    parser.add_argument("--setup-token", default="", help="printed by a new instance; without it the account must exist")
    parser.add_argument("--email", default="ada@example.com", help="who signs in")
    parser.add_argument("--password", default=PASSWORD, help="with which password")
    parser.add_argument("--proto", type=Path, default=Path(__file__).resolve().parents[4] / "proto", help="folder of the protos")
    return parser.parse_args()


class Transcript:
    """The steps of a run and their outcomes."""

    def __init__(self, name):
        self.name = name
        self.steps = []
        self.failures = 0

    def equal(self, step, seen, wanted):
        """Notes a step whose outcome must be this value."""
        self._note(step, seen == wanted, seen, wanted)

    def true(self, step, holds, seen=None):
        """Notes a step whose outcome must have a property."""
        self._note(step, bool(holds), seen, None)

    def contains(self, step, seen, wanted):
        """Notes a step whose outcome must have at least these entries."""
        picked = {key: seen.get(key) for key in wanted}
        self._note(step, picked == wanted, picked if picked == wanted else seen, wanted)

    def _note(self, step, holds, seen, wanted):
        entry = {"step": step, "ok": holds, "seen": seen}
        if not holds:
            self.failures += 1
            entry["wanted"] = wanted
        self.steps.append(entry)

    def run(self, scenario):
        """Runs a scenario, prints the transcript and ends the process."""
        threading.Thread(target=self._give_up, daemon=True).start()
        try:
            scenario(self)
        except Exception:  # noqa: BLE001 - whatever went wrong belongs in the transcript
            self._fail("exception", traceback.format_exc().splitlines())
        self._print()
        sys.exit(1 if self.failures or not self.steps else 0)

    def _give_up(self):
        threading.Event().wait(PATIENCE)
        self._fail("patience", f"it took more than {PATIENCE} seconds")
        self._print()
        os._exit(1)

    def _fail(self, step, seen):
        self.failures += 1
        self.steps.append({"step": step, "ok": False, "seen": seen})

    def _print(self):
        print(f'{{"client": "{self.name}", "failures": {self.failures}, "steps": [')
        print(",\n".join(json.dumps(step, ensure_ascii=False, default=str) for step in self.steps))
        print("]}", flush=True)
