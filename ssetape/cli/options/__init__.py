"""Options and arguments that verbs share."""
