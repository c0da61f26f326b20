# docker build --tag carclf .                           for the CPU
# docker build --tag carclf --build-arg DEVICE=gpu .   for an NVIDIA GPU
FROM python:3.12.12-slim-bookworm

ARG DEVICE=cpu
SHELL ["/bin/bash", "-o", "pipefail", "-c"]

# tini hands SIGTERM on and reaps the workers of an app that was killed.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini=0.19.0-* \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 carclf \
    && install --directory --owner=carclf --group=carclf /home/carclf/workspace

WORKDIR /app

# Before the code, so that a changed line does not install TensorFlow again.
COPY pyproject.toml constraints.txt LICENSE README.md ./
RUN case "$DEVICE" in \
        cpu) extras="" ;; \
        gpu) extras="[cuda]" ;; \
        *) echo "DEVICE is $DEVICE; build with cpu or gpu." >&2; exit 1 ;; \
    esac \
    && mkdir carclf && touch carclf/__init__.py \
    && pip install --no-cache-dir --constraint constraints.txt --editable ".$extras"

COPY app.py ./
COPY assets ./assets
COPY carclf ./carclf

USER 1000
ENV CARCLF_HOME=/home/carclf/workspace \
    CARCLF_HOST=0.0.0.0 \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    PYTHONUNBUFFERED=1
VOLUME /home/carclf/workspace
EXPOSE 7860

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860', timeout=4)"]
ENTRYPOINT ["tini", "--"]
CMD ["python", "app.py"]
