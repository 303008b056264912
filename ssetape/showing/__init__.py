"""A capture as lines of text, as `ssetape show` prints it: pure, for any window."""
