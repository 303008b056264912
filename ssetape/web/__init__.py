"""The page: what shows captures in a browser, as a report in one file."""
