"""States, figures and reasons in the reader's words."""
