"""What people type: read, checked, and turned into what services take."""
