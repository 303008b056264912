"""A sample server that streams like real chat systems, and captures recorded from it."""
