# Thin: each target calls the script or program that owns the work. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

local-up: ## a real one-node Kubernetes on this machine; again: repairs it
	deploy/local/writ-local up

local-down: ## stop it and remove all it made
	deploy/local/writ-local down

local-status: ## what runs, and where
	deploy/local/writ-local status

local-test: ## prove the local cluster (takes it down at the end)
	deploy/local/test.sh

.PHONY: help local-up local-down local-status local-test
