"""What mitmweb and mitmproxy's console show of recorded streams."""
