"""The workspaces' REST API."""
