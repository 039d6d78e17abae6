"""The stage of an account, its activation clocks and the handover from sales."""
