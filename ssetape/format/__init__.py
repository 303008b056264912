"""The file of a capture: values, encoded, written, read, followed."""
