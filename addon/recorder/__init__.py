"""The recorder: from mitmproxy's flows to captures."""
