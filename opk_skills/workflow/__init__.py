"""The skill `workflow`: the orchestrator that decides which skill a robot is busy with."""
