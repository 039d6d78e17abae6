"""The package repository of one installation: a folder of signed documents and packages, and the acts on it.

folder.py        files, each whole or not there
publications.py  what a publisher may change (pure)
repository.py    founding, publishing, revoking, recalling, and the hourly timestamp
online.py        the keys that the collector itself holds
"""
