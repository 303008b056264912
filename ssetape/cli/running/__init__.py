"""What runs during a verb: the proxy, a program, a page, live views."""
