"""Skills on robots as the centre knows them: wished, reported, run; now and on any day before."""
