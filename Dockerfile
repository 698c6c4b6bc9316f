# The application without the embedded server: PostgreSQL runs beside it (see compose.yaml).
FROM python:3.13-slim AS build
WORKDIR /build
COPY pyproject.toml README.md ./
COPY webapp webapp
COPY migrations migrations
RUN python -m venv /opt/mission-control && /opt/mission-control/bin/pip install --no-cache-dir .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /app mission-control
WORKDIR /app
COPY --from=build /opt/mission-control /opt/mission-control
COPY webapp webapp
COPY migrations migrations
COPY assets assets
COPY wsgi.py ./
ENV PATH=/opt/mission-control/bin:$PATH PYTHONUNBUFFERED=1 PYTHONPATH=/app MC_HOST=0.0.0.0 MC_PORT=8050
USER mission-control
EXPOSE 8050
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8050/readyz', timeout=2)"]
CMD ["python", "-m", "webapp.cli.main", "run"]
