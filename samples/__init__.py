"""A sample server that streams as real chat systems do, and what was recorded from it."""
