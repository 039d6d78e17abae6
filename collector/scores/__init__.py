"""What feeds the health model and keeps what it says: rollup by account and day, reads, stored scores, the job."""
