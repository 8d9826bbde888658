# From the top of the repository: docker build -f docs/deploy/sandbox.Dockerfile -t launchdarkly-sandbox .

FROM node:24-bookworm-slim AS build
WORKDIR /repository
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json LICENSE ./
COPY scripts/build-packages.mjs scripts/
COPY src/sandbox src/sandbox
RUN node scripts/build-packages.mjs /packages launchdarkly-sandbox && cd /packages/launchdarkly-sandbox && npm install --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /sandbox
COPY --from=build /packages/launchdarkly-sandbox ./
USER node
EXPOSE 4000
HEALTHCHECK --interval=2s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SANDBOX_PORT || 4000}/__sandbox/personas`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# All addresses, because a container's port is published from outside of it. Publish it to 127.0.0.1 only.
ENTRYPOINT ["node", "cli.js", "--host", "0.0.0.0"]
