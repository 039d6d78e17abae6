"""Who vouches for a package: keys, signed metadata of the package repository, signed documents for one robot.

A repository of packages follows The Update Framework: root and targets are signed by people with keys kept offline,
publishers sign their own packages, snapshot and timestamp are short-lived and signed by the collector. The last two can
never name a package. What is here needs no repository at hand: it makes, signs and checks documents as bytes.
"""
