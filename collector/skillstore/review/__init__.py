"""What publishers submit: checked by a process of its own, reviewed by people, then published.

reach        what a package may do on a robot, and what a new version changes of it          pure
submission   states, and who may do what                                                      pure
checking     the checks of one package, run by the bounded child
sandbox      starts that child, with its time, memory and answer bounded
reading      submissions and their reviews, from the store
writing      what changes them
"""
