"""The recorder: writes mitmproxy's flows to captures."""
