# Builds the packed program and runs its server: docs/operations.md says how to start it.
FROM node:22-bookworm AS build
WORKDIR /source
COPY . .
RUN npm ci --no-audit --no-fund && npm run pack -- --to /packed

FROM node:22-bookworm-slim
# git lists a codebase's files; pip fetches the two default models (no Python runs otherwise).
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git python3-pip \
    && rm -rf /var/lib/apt/lists/*
RUN --mount=type=bind,from=build,source=/packed,target=/packed \
    npm install --global --ignore-scripts --no-audit --no-fund /packed/*.tgz \
    && mkdir /data && chown 1000:1000 /data
ENV CODEBASE_GARDENER_DATA_DIR=/data
USER 1000:1000
# Everything that is written: models, indexes, adapters, logs.
VOLUME /data
WORKDIR /data
EXPOSE 4747
HEALTHCHECK --interval=1m --start-period=20s \
    CMD ["node", "-e", "fetch('http://127.0.0.1:4747/health').then((answer) => process.exit(answer.ok ? 0 : 1))"]
ENTRYPOINT ["gardener"]
# From outside the container everybody is another machine: the server makes a token, tells it, and asks for it.
CMD ["serve", "--host", "0.0.0.0"]
