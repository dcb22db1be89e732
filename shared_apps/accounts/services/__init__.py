"""Every write about accounts."""
