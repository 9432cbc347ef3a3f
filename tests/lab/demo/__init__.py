# SPDX-License-Identifier: Apache-2.0
"""The demonstration: a pair under traffic, seven failures and repairs, and what clients saw of each."""
