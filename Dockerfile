# Debian's slim image and not Alpine's: nothing here is compiled, so both would do, but Node.js counts builds for
# musl as experimental, and a gateway that must not lose an event is no place for an experiment.
ARG NODE_IMAGE=node:24-bookworm-slim

# ---- what runs: production dependencies alone. None of them needs an install script, so none may run one.
# The optional ones would add TypeScript, which a dependency only offers to work with.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

# ---- what builds. Without install scripts the pinned `node` package stays empty: the image has the real one.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ormconfig.ts ./
COPY scripts ./scripts
COPY libs ./libs
COPY src ./src
RUN node scripts/build.mjs

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    MIRA_DATA_DIR=/data
# A volume takes over the owner and mode of the folder that it covers.
RUN install --directory --owner=node --group=node --mode=0700 /data
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
VOLUME /data
EXPOSE 5000
STOPSIGNAL SIGTERM
# Alive, not ready: a database that is away must not get the process killed that waits for its return.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || process.env.MIRA_WEBHOOK_PORT || 5000}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# What `npm run start:prod` runs. No npm and no shell in between: the signal to stop must reach the program itself.
CMD ["node", "--max-semi-space-size=16", "--heap-growing-percent=50", "--enable-source-maps", "dist/src/main.js"]
