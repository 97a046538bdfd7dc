"""What the tests of several packages share: people, rooms, domain assertions."""
