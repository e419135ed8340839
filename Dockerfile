# Two images, for the legacy builder and BuildKit alike:
#
#   docker build --target services -t stepcast/services .   all services, each bundled; which one runs, the command says
#   docker build --target sandbox -t stepcast/sandbox .
#
# In AWS the services have the same image, put together without this file: infra/cdk/image/Dockerfile.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS sources
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY contracts/package.json contracts/
COPY services/wire/package.json services/wire/
COPY services/kit/package.json services/kit/
COPY services/forwarder/package.json services/forwarder/
COPY services/correlator/package.json services/correlator/
COPY services/publisher/package.json services/publisher/
COPY services/engine/package.json services/engine/
COPY services/provisioner/package.json services/provisioner/
COPY services/asl-interpreter/package.json services/asl-interpreter/
COPY services/operations/package.json services/operations/
COPY services/sandbox/package.json services/sandbox/
COPY clients/web/package.json clients/web/
COPY clients/demo/package.json clients/demo/
COPY clients/ops/package.json clients/ops/
COPY clients/react/package.json clients/react/
COPY clients/uppy/package.json clients/uppy/
COPY clients/cli/package.json clients/cli/
COPY clients/examples/package.json clients/examples/
COPY infra/policies/package.json infra/policies/
COPY infra/cdk/package.json infra/cdk/
COPY test/package.json test/
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.base.json ./
COPY contracts contracts
COPY services services
COPY infra infra
COPY clients clients

FROM sources AS bundled
RUN node infra/cdk/src/bundle.ts --image /out \
  engine=/app/services/engine/src/main.ts \
  journal-table=/app/services/engine/src/make-journal-table.ts \
  forwarder=/app/services/forwarder/src/main.ts \
  correlator=/app/services/correlator/src/main.ts \
  publisher=/app/services/publisher/src/main.ts \
  provisioner=/app/services/provisioner/src/main.ts

FROM ${NODE_IMAGE} AS services
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080
WORKDIR /app
COPY --from=bundled /out/dist dist
# By number, so that it is non-root in any base image.
USER 1000:1000
EXPOSE 8080
# Whether the process works. An outage of AWS must not have it restarted.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/js/engine.mjs"]

FROM sources AS compiled
# Only what runs: no development dependencies, no sources.
RUN npx tsc -b services/sandbox clients/web \
 && npm run build:pages \
 && rm -rf node_modules \
 && npm ci --omit=dev --no-audit --no-fund --workspace @stepcast/sandbox \
 && find contracts services infra clients -name src -type d -prune -exec rm -rf {} +

FROM ${NODE_IMAGE} AS sandbox
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080
WORKDIR /app
COPY --from=compiled /app /app
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "services/sandbox/dist/main.js"]
