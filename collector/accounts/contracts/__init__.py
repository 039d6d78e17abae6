"""Contracts: their terms on a day, what was renewed, annual recurring revenue, exchange rates."""
