"""Every write about the people and files of a workspace."""
