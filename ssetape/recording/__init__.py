"""What every recorder shares: an exchange as it is written, and the reasons why one ends."""
