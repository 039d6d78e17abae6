"""The conversation with the collector: connect, hello, batches, acknowledgements, desired documents."""
