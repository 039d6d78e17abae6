"""Robots' bodies that skills run in: they drive, speak, listen, see, are touched, show, dock, and fail in seven ways.

place        a map of points and how far they are
people       who stands before the robot, what they say, show and touch
body         the body: every act takes its time, may be stopped, may fail; its log is the truth
host         gives intents to one skill, interrupts it, and keeps how its missions ended
direct       a skill as a coroutine beside the body, in real or in virtual time
server       the body behind a socket, for a skill that is a process
counting     where a skill counts: only what it declares, within its plausible rate
witness      what the body itself has seen of the standard counters
"""
