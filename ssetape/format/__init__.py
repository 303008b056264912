"""The capture file: its values, encoded, written, read and followed."""
