"""One folder per chat platform: `connect`, `inbound`, `outbound`, `client`."""
