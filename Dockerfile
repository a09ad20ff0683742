# The scheduler in a container. Build: docker compose build. What it keeps is in the volume /data.
FROM python:3.12-slim AS built
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY crawler crawler
COPY store store
COPY jobs jobs
RUN python -m venv /opt/modelroots \
    && /opt/modelroots/bin/pip install --no-cache-dir --constraint requirements.lock .

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 modelroots \
    && install -d -o modelroots -g modelroots -m 0700 /data
COPY --from=built /opt/modelroots /opt/modelroots
ENV PATH=/opt/modelroots/bin:$PATH \
    MODELROOTS_DB=/data/modelroots.db \
    MODELROOTS_SNAPSHOTS=/data/snapshots
USER 10001:10001
WORKDIR /data
VOLUME /data
ENTRYPOINT ["modelroots"]
CMD ["schedule"]
