"""Proofs: unit, property, integration, faults, e2e; bench and soak run apart."""
