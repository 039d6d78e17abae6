"""Skills on the robot. What fetches and verifies them is a process of its own; the agent loads none of it."""
