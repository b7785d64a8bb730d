"""OpenSync for PocketBase: the sidecar that syncs AI coding sessions."""

__version__ = "0.1.0"
