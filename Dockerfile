# One file for every container: `--target service --build-arg SERVICE=orders`, or `--target setup`.
# What the services share is built once, and shared as layers.

FROM node:24-slim AS manifests
WORKDIR /app
COPY . .
# Of the whole tree only what says which packages are needed: other changes then do not install them again.
RUN mkdir /manifests && find . -name package.json -exec cp --parents {} package-lock.json .npmrc /manifests \;

FROM node:24-slim AS build
WORKDIR /app
COPY --from=manifests /manifests .
RUN --mount=type=cache,target=/root/.npm npm ci
COPY . .
RUN node start.mjs build
# Programs without the compiler's notes: /out/libs, /out/apps/<service>, /out/topology; /commands: what the setup runs.
# /out/served/<service>: what a service reads beside its own folder, of the gateway the page that it serves.
RUN mkdir /out /commands && cp -r --parents libs/*/package.json libs/*/dist apps/*/package.json apps/*/dist topology/package.json topology/dist /out \
 && cp -r --parents stack/package.json stack/dist audit/package.json audit/dist cli/package.json cli/dist /commands \
 && mkdir /audited && cp --parents apps/*/service.json apps/*/dist/invariants.js /audited \
 && for app in /out/apps/*; do mkdir -p "/out/served/${app##*/}"; done && mv /out/apps/web /out/served/gateway \
 && rm -r /out/libs/messaging/dist/testing && find /out /commands -name '*.d.ts' -delete -o -name '*.d.ts.map' -delete -o -name .tsbuildinfo -delete

FROM build AS packages
RUN npm prune --omit=dev --omit=optional
# Prisma brings a query compiler for every database, 60 MB: the clients use the small one of PostgreSQL.
RUN find node_modules/@prisma/client/runtime -name 'query_compiler_*' ! -name 'query_compiler_small_bg.postgresql.*' -delete \
 && find node_modules -name '*.d.ts' -delete -o -name '*.d.mts' -delete -o -name '*.d.cts' -delete -o -name '*.map' -delete

FROM node:24-slim AS runtime
WORKDIR /app
ENV NODE_ENV=production
COPY --from=packages /app/node_modules node_modules
COPY --from=build /out/libs libs
USER node

# Before the services: secrets, databases, topology (cli/src/commands/container-setup.ts).
FROM runtime AS setup
COPY --from=build /out/topology topology
# What each service is, and what of it always holds: the list of services, and `audit`.
COPY --from=build /audited/apps apps
COPY package.json .
COPY prisma prisma
COPY --from=build /commands .
# The volume of secrets takes its owner from here.
USER root
RUN install -d -o node -g node /secrets
USER node
ENV SLUICE_HOME=/secrets
ENTRYPOINT ["node", "cli/dist/main.js", "container-setup"]

FROM runtime AS service
ARG SERVICE
COPY --from=build /out/apps/${SERVICE} apps/${SERVICE}
COPY --from=build /out/served/${SERVICE} apps
WORKDIR /app/apps/${SERVICE}
ENV HOST=0.0.0.0 PORT=8080 HEALTH_PORT=9090
# Memory, of glibc here and of V8 in CMD: stack/src/services/node-arguments.ts.
ENV MALLOC_ARENA_MAX=1
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=2s \
  CMD ["node", "-e", "require('node:http').get({ host: '127.0.0.1', port: process.env.HEALTH_PORT, path: '/readyz' }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "--max-semi-space-size=8", "--heap-growing-percent=50", "dist/main.js"]
