"""The local runtime behind `make run` and `make test`.

Nothing here is used in production: there, the web, worker and beat processes are started by whatever runs them
(see `Dockerfile` and `docker-compose.yml`) and read their settings from the environment.
"""
