# Leasehold. `make` prints what there is.
SHELL := /bin/bash
export CGO_ENABLED := 1

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -X leasehold/internal/version.Version=$(VERSION)
TOOLS := bin/tools
GOLANGCI := $(TOOLS)/golangci-lint-2.15.0
BUF := $(TOOLS)/buf-1.75.0
FUZZTIME ?= 30s

.DEFAULT_GOAL := help

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

build: ## bin/dhcpd, bin/nrcmd and bin/cnrFailoverConfig
	@scripts/deps.sh build
	go build -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

demo: build ## a pair of servers, real clients, a kill -9 of the main, in under two minutes
	@scripts/deps.sh demo
	scripts/demo.sh

# The end-to-end tests build the programs, so that no cached result counts.
test: ## every test; installs what it needs from Debian
	@scripts/deps.sh test
	go vet ./...
	go test -count=1 -timeout 15m ./...

check: lint race ## what a commit must pass: format, vet, linters, race detector

lint: $(GOLANGCI) ## format and linters
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	$(GOLANGCI) run

race: ## the tests of all packages under the race detector
	@scripts/deps.sh test
	go test -race -short -timeout 15m ./pkg/... ./internal/...

e2e: ## only the tests with real clients and servers
	@scripts/deps.sh test
	go test -count=1 -timeout 15m ./test/e2e/...

fuzz: ## each fuzzer for FUZZTIME (30s)
	scripts/fuzz.sh $(FUZZTIME)

# Schedules are short-lived: a lazier garbage collector does half again as many.
SEEDS ?= 20000
FROM ?= 1
sim: ## schedules FROM (1) to SEEDS (20000) of simulated failover pairs: make sim SEEDS=1000000
	GOGC=800 go run ./pkg/failover/sim/run -stats -seeds $(FROM)..$(SEEDS)

mutants: ## every seeded fault of the failover rules, found by the simulator; writes its table into the documentation
	go run ./pkg/failover/sim/mutants/run -write docs/failover-verification.md

bench: build ## ours and the installed peers, side by side in one run
	@scripts/deps.sh bench
	bench/run.sh

proto: $(BUF) ## generate pkg/rpc/adminv1 from the admin service's definition
	cd pkg/rpc/proto && PATH=$(CURDIR)/$(TOOLS):$$PATH $(CURDIR)/$(BUF) generate

docs: ## the pages of docs that are read off the code's tables
	go run ./scripts/docgen

clean: ## remove what was built
	rm -rf bin

$(GOLANGCI):
	mkdir -p $(TOOLS)
	GOBIN=$(CURDIR)/$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	mv $(TOOLS)/golangci-lint $@

$(BUF):
	mkdir -p $(TOOLS)
	GOBIN=$(CURDIR)/$(TOOLS) go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
	GOBIN=$(CURDIR)/$(TOOLS) go install connectrpc.com/connect/cmd/protoc-gen-connect-go@v1.21.1
	GOBIN=$(CURDIR)/$(TOOLS) go install github.com/bufbuild/buf/cmd/buf@v1.75.0
	mv $(TOOLS)/buf $@

.PHONY: help build demo test check lint race e2e fuzz mutants bench proto docs clean
