"""What runs while a verb runs: the proxy, a program, a page, live views."""
