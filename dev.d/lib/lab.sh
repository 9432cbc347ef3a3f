# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # used by the verbs
# What the lab below tests/lab needs.

lab_needs=(ip:iproute2 ping:iputils-ping /usr/bin/python3:python3 nsenter:util-linux setpriv:util-linux unshare:util-linux ps:procps)
