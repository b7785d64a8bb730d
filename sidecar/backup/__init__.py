"""Backups: a snapshot of the databases with checksums, packed into a file, put back whole."""
