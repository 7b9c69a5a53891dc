"""Runs moto's server on a port that the operating system chooses, for as long as somebody holds our input open.

The fixture that starts it keeps the other end: when its process goes, however it goes, the server goes too.
"""

import os
import sys
import threading

from moto.server import main


def leave_with_the_fixture() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=leave_with_the_fixture, daemon=True).start()
main(["-H", "127.0.0.1", "-p", "0"])
