"""A capture as lines of text, as `show`, `text` and `stats` print it, without a terminal."""
