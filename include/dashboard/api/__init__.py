"""The marts for other programs: read-only, typed from their contracts, by token."""
