"""Clusters, replicas and poolers, all real: a few of the tests in `make test`, all of them by `make clusters`."""
