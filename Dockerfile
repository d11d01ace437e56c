# One recipe for the three services: docker build --build-arg SERVICE=orders --tag plaza/orders .
# (`make image` does it.) Both stages stand on the same image, so that the virtualenv finds its interpreter again.
# Any image with Python 3.11 to 3.13, its venv module and useradd will do; certificates of a company belong in that image.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
# pip and the build backend live in a virtualenv of their own: /opt/venv holds what runs, and nothing else.
RUN ["python3", "-m", "venv", "/opt/build"]
RUN ["python3", "-m", "venv", "--without-pip", "/opt/venv"]
COPY requirements/build.txt requirements/runtime.txt /src/requirements/
RUN ["/opt/build/bin/python3", "-m", "pip", "install", "--require-hashes", "-r", "/src/requirements/build.txt"]
RUN ["/opt/build/bin/python3", "-m", "pip", "--python", "/opt/venv/bin/python3", "install", "--require-hashes", "-r", "/src/requirements/runtime.txt"]
COPY shared /src/shared
RUN ["/opt/build/bin/python3", "-m", "pip", "install", "--no-deps", "--no-index", "--no-build-isolation", "--target", "/srv/shared", "/src/shared"]
ARG SERVICE
COPY services/${SERVICE} /src/service
RUN ["/opt/build/bin/python3", "-m", "pip", "install", "--no-deps", "--no-index", "--no-build-isolation", "--target", "/srv/service", "/src/service"]

FROM ${PYTHON_IMAGE}
RUN ["useradd", "--uid", "10001", "--user-group", "--no-create-home", "--home-dir", "/srv", "--shell", "/usr/sbin/nologin", "plaza"]
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/srv/shared:/srv/service \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    WEB_BIND=0.0.0.0:8000 \
    MANAGEMENT_BIND=0.0.0.0:9000
WORKDIR /srv
EXPOSE 8000 9000
USER 10001:10001
ENTRYPOINT ["python3", "-m", "shared.launch"]
CMD ["web"]
# The layers from the rarest change to the most frequent one; the three images share all but the last.
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/shared /srv/shared
ARG SERVICE
ARG VERSION=0.1.0
ARG REVISION=unknown
ENV SERVICE=${SERVICE}
LABEL org.opencontainers.image.title="plaza-${SERVICE}" \
      org.opencontainers.image.description="Plaza's ${SERVICE} service: web, worker, relay, beat and migrate" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /srv/service /srv/service
