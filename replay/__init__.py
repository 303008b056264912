"""Re-streams captures: same bytes, same chunk boundaries, same moments."""
