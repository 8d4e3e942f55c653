# The server, what its commands need, and nothing to build with:  docker build -t portcullis .
# How it is run, and what each option is for: docs/deployment.md. test/image/ plays these lines in a Debian root.

FROM node:24.21.0-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc tsconfig.json ./
# Scripts of packages stay off: none is needed, and one would download a second Node.
RUN npm ci --ignore-scripts
COPY scripts ./scripts
COPY src ./src
RUN node scripts/build.ts
# What is left is what dist/ needs at run time, without sources and the binaries of other machines.
RUN npm ci --omit=dev --ignore-scripts \
 && cd node_modules \
 && rm -r better-sqlite3/deps better-sqlite3/src node-addon-api .package-lock.json \
 && find better-sqlite3/prebuilds -type f ! -name "linux-$(node -p process.arch).node" -delete

FROM debian:trixie-slim
LABEL org.opencontainers.image.title="Portcullis" \
      org.opencontainers.image.description="An MCP server whose file, search, shell and fetch tools stand behind one gate" \
      org.opencontainers.image.source="https://github.com/portcullis/portcullis" \
      org.opencontainers.image.licenses="Apache-2.0" \
      io.modelcontextprotocol.server.name="io.github.portcullis/portcullis"
# util-linux: setpriv with Landlock (2.41), the sandbox where the container can make no namespaces; bubblewrap where it can.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends bubblewrap ca-certificates git util-linux \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log \
 && groupadd --gid 10001 portcullis \
 && useradd --uid 10001 --gid 10001 --home-dir /state --no-create-home --shell /usr/sbin/nologin portcullis \
 && install --directory --owner=10001 --group=10001 --mode=0700 /state \
 && install --directory --owner=10001 --group=10001 /workspace
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /build/node_modules /opt/portcullis/node_modules
COPY --from=build /build/dist /opt/portcullis/dist
COPY package.json README.md SECURITY.md CHANGELOG.md LICENSE /opt/portcullis/
COPY config /opt/portcullis/config
RUN ln -s /opt/portcullis/dist/cli.js /usr/local/bin/portcullis
# HOME lies in the volume: any --user has one, tools can't reach it, and the compile cache outlives the container.
# PORTCULLIS_CONTAINER is how a person starts a command from outside; that it is set says that all but volumes is lost at the end.
ENV NODE_ENV=production \
    HOME=/state \
    PORTCULLIS_STATE=/state \
    PORTCULLIS_CONTAINER="docker exec -it {host} portcullis"
USER 10001:10001
WORKDIR /workspace
# Over stdio (no PORTCULLIS_HTTP) there is nothing to ask: whoever started the container notices its end.
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD [ -z "$PORTCULLIS_HTTP" ] || node -e "fetch('http://127.0.0.1:' + process.env.PORTCULLIS_HTTP.split(':').at(-1) + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"
ENTRYPOINT ["portcullis"]
CMD ["serve", "--workspace", "/workspace"]
