# One file for every service: `docker build --build-arg SERVICE=correlator .`
# SERVICE is engine, forwarder, correlator, publisher, provisioner or sandbox. Written for the legacy builder and BuildKit alike.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
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
# A service compiles with what it refers to: of the others nothing but their package.json has to be there.
ARG SERVICE
RUN test -n "${SERVICE}" \
 && npx tsc -b "services/${SERVICE}" \
 && if [ "${SERVICE}" = sandbox ]; then npx tsc -b clients/web && npm run build:pages; fi
# Only what runs: no development dependencies, no sources.
RUN rm -rf node_modules \
 && npm ci --omit=dev --no-audit --no-fund --workspace @stepcast/${SERVICE} \
 && find contracts services infra clients -name src -type d -prune -exec rm -rf {} +

FROM ${NODE_IMAGE}
ARG SERVICE
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 SERVICE=${SERVICE}
WORKDIR /app
COPY --from=build /app /app
# By number, so that it is non-root in any base image.
USER 1000:1000
EXPOSE 8080
# Whether the process works. An outage of AWS must not have it restarted.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["sh", "-c", "exec node services/${SERVICE}/dist/main.js"]
