"""What people note of the customers of a list, wherever it is shown to them."""
