"""How long tests wait for other processes, and where those may listen.

A worker that has just been started on a cold disk imports TensorFlow for a minute. A
test that passes does not wait longer than it takes.
"""

import random
import socket

PATIENCE_S = 900.0


def free_port() -> int:
    """Return a port that nobody uses, of those that no connection is given by chance.

    Source: Linux's ip_local_port_range begins at 32768.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
