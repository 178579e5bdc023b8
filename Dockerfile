# syntax=docker/dockerfile:1
# Two stages: uv and the build stay behind; what runs is Python, the locked packages and an ordinary user.
FROM python:3.13-slim AS build
WORKDIR /app
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
RUN pip install --no-cache-dir uv && uv venv /venv
COPY requirements.lock .
RUN VIRTUAL_ENV=/venv uv pip install --no-cache -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY adapters adapters
COPY skills skills
COPY memory memory
COPY scheduler scheduler
COPY web_oauth web_oauth
COPY aurelius aurelius
COPY lab lab
RUN VIRTUAL_ENV=/venv uv pip install --no-cache --no-deps .

FROM python:3.13-slim
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin aurelius \
    && install -d -o aurelius -g aurelius -m 700 /data
COPY --from=build /venv /venv
# 0.0.0.0 is inside the container; who may connect is decided by the ports that are published.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 AURELIUS_DATA_DIR=/data AURELIUS_HOST=0.0.0.0 AURELIUS_PORT=8765
USER aurelius
VOLUME /data
EXPOSE 8765
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8765/readyz', timeout=4)"]
ENTRYPOINT ["aurelius"]
CMD ["run"]
