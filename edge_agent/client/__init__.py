"""Counting from a program on the robot that is no skill: `counts.add("guided_tour")`, and the agent does the rest.

    counts = Counts()                       # one per process; a forked child begins its own
    counts.add("guided_tour")
    counts.close()                          # says the rest; also done at exit

The module is the one that skills carry in their packages, opk_skills/runtime/counts.py: one file, standard library
only, and other software may carry a copy of it as well. `python -m edge_agent.client NAME [N]` counts from a shell.
"""

import sys

from opk_skills.runtime.counts import VARIABLE, Counts, NotCounted, NotDurable, count_once, main, socket_path

__all__ = ["VARIABLE", "Counts", "NotCounted", "NotDurable", "count_once", "main", "socket_path"]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
