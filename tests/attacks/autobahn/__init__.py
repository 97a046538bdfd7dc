"""The Autobahn test suite against the gateway's frame layer."""
