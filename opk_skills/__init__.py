"""Skill packages (OPK): the manifest, the 14 skills that ship (one folder each) and the `opk` command.

Packing, signing and installing are not here yet (docs/skills.md).
"""
