"""A file a page: what it reads, and how it shows it."""
