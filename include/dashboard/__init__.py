"""The pages to look at, the form to type into and the API for other programs."""
