# One image for both processes: the api (default) and the worker (command: node --max-semi-space-size=8 worker/main.ts).
# Debian, not Alpine: Temporal's native core is built against glibc.
FROM node:24.21.0-bookworm-slim AS base
WORKDIR /app
ENV NODE_ENV=production

FROM base AS packages
COPY package.json package-lock.json .npmrc ./
# No install script is needed here: the runtime is the image's, the database a container of its own.
RUN npm ci --omit=dev --ignore-scripts

FROM base
COPY --from=packages /app/node_modules ./node_modules
COPY package.json ./
COPY domain ./domain
COPY contract ./contract
COPY config ./config
COPY telemetry ./telemetry
COPY ledger ./ledger
COPY providers ./providers
COPY deletion ./deletion
COPY leases ./leases
COPY files ./files
COPY workflows ./workflows
COPY activities ./activities
COPY worker ./worker
COPY api ./api
COPY operator ./operator
COPY maintenance ./maintenance
# A named volume takes its owner from here.
RUN mkdir -p data backups node_modules/.cache && chown node:node data backups node_modules/.cache && chmod 700 backups
ENV DATA_DIR=/app/data
# Code that was compiled once need not be again when a container is restarted.
ENV NODE_COMPILE_CACHE=/app/node_modules/.cache/compiled
# Settings come from the container's environment alone.
ENV ENV_FILE=none
USER node
# The workflow bundle is built once, here, and not at the first start of every worker.
RUN node -e "import('/app/worker/bundle.ts').then((room) => room.prebuiltBundle(room.cacheDirectory()))"
EXPOSE 9876
CMD ["node", "--max-semi-space-size=8", "api/main.ts"]
