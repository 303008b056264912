"""Which verbs there are, and how one is found by its name."""
