"""Puts the agent onto a robot and takes it off again: `edge-agent setup`, once, as root."""
