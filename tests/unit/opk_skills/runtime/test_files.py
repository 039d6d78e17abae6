"""What is copied into every package is all that there is: a module that is left out is found on a robot only."""

from opk_skills.folder import RUNTIME
from opk_skills.runtime import FILES


def test_every_module_of_the_runtime_goes_into_a_package():
    assert {path.name for path in RUNTIME.glob("*.py")} - {"start.py"} == set(FILES)  # that one lies at the top
