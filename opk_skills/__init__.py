"""Skills and their packages (OPK): what a skill declares, is made with and is packed into, and the `opk` command.

manifest    skill.toml and the table in a package
settings    what people may set: a safe subset of JSON Schema
package     the bytes: one spelling, built and read
runtime     what a skill is made with; a copy of it goes into every package
trust       who vouches for a package
template    what `opk new` writes
commands    the words of `opk`

Each other folder is a skill that ships: docs/skills.md.
"""
