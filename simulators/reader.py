"""Other software on the robot, as a developer would write it, for the demo: run by `python -c`.

It reads a folder of documents and counts pages and paragraphs. It knows only the agent's counting client,
nothing of ours; as text, since simulators import nothing of the agent. Arguments: SOCKET FOLDER COUNTED_FILE.
"""

SCRIPT = """
import itertools
import json
import signal
import sys
import threading
from collections import Counter
from pathlib import Path

from edge_agent.client import Counts

socket, folder, counted_file = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
counts, counted = Counts(socket), Counter()


def count(name: str, n: int) -> None:
    counts.add(name, n)
    counted[name] += n


for page in itertools.cycle(sorted(folder.rglob("*.md"))):
    paragraphs = page.read_text(encoding="utf-8").split("\\n\\n")
    count("workshop.documents", 1)
    count("workshop.paragraphs", len(paragraphs))
    if stop.wait(2.0):
        break
counts.close()
counted_file.write_text(json.dumps(counted), encoding="utf-8")
"""
