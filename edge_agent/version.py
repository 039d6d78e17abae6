"""The agent's version as presence, records and commands say it; equal to the package's (tested)."""

VERSION = "0.1.0"  # written here: importlib.metadata would cost the running agent a megabyte
