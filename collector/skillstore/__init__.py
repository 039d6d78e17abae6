"""The store of skill packages: the signed repository that robots fetch from."""
