# Parley in a container: docker build -t parley . && docker run -p 8080:8080 -p 3478:3478/udp parley
# The steps are those of "make build"; scripts/packages.sh is left out because
# each stage has its own packages.

FROM node:20-bookworm-slim AS packages
WORKDIR /src
COPY models/package.json models/package-lock.json models/.npmrc models/
COPY models/stub models/stub
RUN npm ci --prefix models --ignore-scripts --no-audit --no-fund
COPY web/package.json web/package-lock.json web/.npmrc web/
RUN npm ci --prefix web --ignore-scripts --no-audit --no-fund
COPY web web
RUN npm run --prefix web build

FROM golang:1.26-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends libopus-dev pkg-config && rm -rf /var/lib/apt/lists/*
WORKDIR /src
ENV GOFLAGS=-tags=nolibopusfile
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=packages /src/models/node_modules models/node_modules
COPY --from=packages /src/web/dist web/dist
RUN go run ./models/install -dir /store && go build -trimpath -ldflags "-s -w" -o /parley ./cmd/parley

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends espeak-ng libopus0 ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* && useradd --system --uid 10001 --create-home parley
COPY --from=build /parley /usr/local/bin/parley
COPY --from=build --chown=parley /store /var/lib/parley/models
COPY LICENSE NOTICE /usr/share/doc/parley/
USER parley
ENV PARLEY_MODELS=/var/lib/parley/models PARLEY_LISTEN=0.0.0.0:8080 PARLEY_WEBRTC_UDP=0.0.0.0:3478
EXPOSE 8080/tcp 3478/udp
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["parley", "health"]
ENTRYPOINT ["parley"]
CMD ["serve"]
