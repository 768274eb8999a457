#!/usr/bin/env python3
"""A row of the table measures the servers that are there, and names those that are not. Needs nothing that is measured.

bench/test_rows.py
"""

import contextlib
import pathlib
import sys
import types
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
import rows
from e2e.pylib.process import Missing, NotStarted

OPTIONS = types.SimpleNamespace(binary="labserve", site=".", seconds=1, rounds=1)


def server(name):
    return contextlib.nullcontext(types.SimpleNamespace(name=name))


def in_turns(started, *_, **__):
    return {each.name: {"cpu": 2.0, "rate": 100.0, "bad": ""} for each in started}


class Rows(unittest.TestCase):
    def lines(self, row, peers):
        """The lines of a row whose other servers are these, by name: None, or why it cannot be started."""

        def peer(name, *_):
            if isinstance(peers[name], Exception):
                raise peers[name]
            return server(name)

        with (
            mock.patch.object(rows, "labserve", lambda _, profile, *__, **___: server(f"labserve {profile}")),
            mock.patch.object(rows, "peer", peer),
            mock.patch.object(rows.load, "in_turns", in_turns),
        ):
            return [(line.what, line.note) for line in rows.ROWS[row][1](OPTIONS)]

    def test_a_missing_server_is_named_and_the_others_are_measured(self):
        for why in (Missing("it is not installed"), NotStarted("it ended")):
            for row in ("small", "medium", "large"):
                lines = self.lines(row, {"nginx": None, "static-web-server": why})
                self.assertIn(("left out:", str(why)), lines)
                names = [what for what, _ in lines]
                self.assertIn("nginx", names)
                self.assertIn("labserve nginx / nginx", names)
                self.assertNotIn("static-web-server", names)

    def test_without_any_other_server_the_profile_is_measured(self):
        lines = self.lines("close", {"nginx": Missing("no nginx")})
        self.assertEqual([what for what, _ in lines], ["left out:", "labserve nginx"])


if __name__ == "__main__":
    unittest.main()
