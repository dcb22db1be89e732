# One image for web, worker, beat and set-up; docker-compose.yml shows the commands. It holds no tests and no simulator.
FROM python:3.11-slim AS messages
RUN apt-get update && apt-get install -y --no-install-recommends gettext && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY manage.py ./
COPY platform platform
COPY shared_apps shared_apps
COPY billing billing
COPY provisioning provisioning
COPY tenant_apps tenant_apps
COPY templates templates
COPY static static
COPY locale locale
RUN find . -path '*/LC_MESSAGES/*.po' -exec sh -c 'for po; do msgfmt -o "${po%.po}.mo" "$po" || exit 1; done' sh {} +

FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app/platform:/app \
    DJANGO_SETTINGS_MODULE=baobab.settings.production \
    MEDIA_ROOT=/data/media
WORKDIR /app
# What WeasyPrint makes invoices with.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
RUN useradd --system --uid 10001 --no-create-home baobab && install -d -o baobab -g baobab /data /data/media
COPY --from=messages /app /app
# The settings refuse to load without these; the values are for this one command and are not kept in the image.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
    ENCRYPTION_KEYS="k1:$(head -c 32 /dev/urandom | base64 -w 0)" \
    DATABASE_URL=postgresql:///none APP_DATABASE_URL=postgresql:///none REDIS_URL=redis://none \
    PLATFORM_HOST=build.example EMAIL_HOST=none \
    python manage.py collectstatic --noinput
USER baobab
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "baobab.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
