"""The local stack: PocketBase, the sidecar and Traefik, started and kept running together."""
