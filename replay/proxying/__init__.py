"""The exact server as a proxy: it stands in for every host, and connects to none."""
