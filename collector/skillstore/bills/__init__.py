"""Bills in the store: what is read to make one, closed ones, credit notes, disputes. What they say is in `billing`."""
