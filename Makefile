# Parley. "make run" sets everything up and serves; "make test" passes the tests.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The Opus binding can also read Opus files, for which it wants one more C
# library. Parley does not need that and is not linked with it; it is installed
# so that a plain "go build" and editors get along without the tag.
export GOFLAGS := $(GOFLAGS) -tags=nolibopusfile
export CGO_ENABLED := 1

BIN     := bin/parley
WEIGHTS := models/weights
# Debian packages: to build and run, and to test.
RUN_PACKAGES  := espeak-ng gcc libc6-dev libopus-dev libopusfile-dev pkg-config
TEST_PACKAGES := chromium curl

COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
GO_SOURCES := $(shell find cmd pipeline asr reasoner tts transport web models -name '*.go' -not -path '*/node_modules/*' 2>/dev/null)
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' -not -name '*.go' 2>/dev/null)

.PHONY: help run build models test lint bench fuzz clean packages tools

help: ## say what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

run: build ## set everything up and serve on http://localhost:8080
	@exec $(BIN) serve

build: packages tools $(BIN) $(WEIGHTS)/.complete ## set everything up and build bin/parley

models: packages tools $(WEIGHTS)/.complete ## fetch and check the weights

packages:
	@scripts/packages.sh $(RUN_PACKAGES)

tools:
	@command -v go >/dev/null || { echo "Parley needs Go 1.26 or later: https://go.dev/dl"; exit 1; }
	@command -v npm >/dev/null || { echo "Parley needs Node 20.19 or later with npm: https://nodejs.org"; exit 1; }

$(BIN): $(GO_SOURCES) go.mod go.sum web/dist/index.html
	@mkdir -p $(@D)
	go build -trimpath -ldflags "-s -w -X main.commit=$(COMMIT)" -o $@ ./cmd/parley

$(WEIGHTS)/.complete: models/package-lock.json models/manifest.go go.sum
	npm ci --prefix models --ignore-scripts --no-audit --no-fund --loglevel=error
	go run ./models/install -dir $(WEIGHTS)
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	npm ci --prefix web --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	npm run --prefix web --silent build
	@touch $@

test: build ## pass the tests: Go with the race detector, the page, the whole way through a browser
	@scripts/packages.sh $(TEST_PACKAGES)
	npm run --prefix web --silent check
	npm run --prefix web --silent test:unit
	PARLEY_MODELS=$(CURDIR)/$(WEIGHTS) go test -race -timeout 15m ./...
	scripts/browser-test.sh

lint: build ## run the linters
	test -z "$$(gofumpt -l $(GO_SOURCES) | tee /dev/stderr)"
	golangci-lint run
	npm run --prefix web --silent check

bench: build ## measure: needs ../shared/speech for the recogniser's figures
	$(BIN) bench tts --json
	$(BIN) bench voice --json
	@if [ -f ../shared/speech/dev/manifest.jsonl ]; then \
		$(BIN) bench asr --manifest ../shared/speech/dev/manifest.jsonl --json; \
	else echo "No ../shared/speech here: bench asr is left out."; fi

FUZZTIME ?= 30s
fuzz: build ## run every fuzz target for FUZZTIME (30s)
	@go test -list '^Fuzz' ./... | awk '/^Fuzz/ {f[n++]=$$1} /^ok/ {for (i=0;i<n;i++) print $$2, f[i]; n=0}' | \
	while read -r pkg target; do \
		echo "$$pkg $$target"; PARLEY_MODELS=$(CURDIR)/$(WEIGHTS) go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x "$$pkg"; \
	done

clean: ## remove what was built, but not the weights
	rm -rf bin web/dist/assets web/dist/index.html web/node_modules models/node_modules artifacts
