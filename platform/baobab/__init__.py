"""The Django project: settings, URLconfs, the tenant-aware database backend and the local runtime."""
