"""Formats in which sessions leave the archive. None does I/O: text in slices comes out."""
