"""Sales that no system knows, typed in by people: what one is, and where each is kept."""
