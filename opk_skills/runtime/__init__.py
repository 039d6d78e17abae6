"""What a skill is made with: standard library only, copied into every package by `opk build`.

skill        the class a skill derives from: missions, counters, texts, settings
robot        what a skill asks of the robot's body
outcomes     what is counted of it by itself
running      one skill that lives: intents, interruption, settings, stop; the same in a process and in a simulated fleet
process      a skill as a process of its own
state        a little that a skill keeps over its own crashes
socket_link  the body behind a socket
wire         the lines on it
words        whether a name was said
counts       the counting client, which other software uses too
"""

CONTRACT = 1  # of the lines on the socket, the folder a process is given, and the classes: what a robot must speak
VERSION = "1.0"  # of this copy
FILES = (
    "__init__.py", "counts.py", "outcomes.py", "process.py", "robot.py", "running.py", "skill.py", "socket_link.py",
    "state.py", "wire.py", "words.py",
)  # fmt: skip
