"""What an operator can ask: status, doctor, export, the local page. Never loaded by a running agent, except control."""
