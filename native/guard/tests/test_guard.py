#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of mainstay-guard with a real kernel: test_guard.py FOLDER-OF-THE-BUILD [PART-OF-A-NAME ...]. Needs root."""

import os
import sys
import unittest

import test_fence
import test_parent
from guard_test import GuardTest
from lab import Segment


def main():
    if os.geteuid() != 0:
        sys.exit("test_guard.py: needs root to make network namespaces")
    GuardTest.folder = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
    GuardTest.segment = Segment()
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in sys.argv[2:]] or None
    suite = unittest.TestSuite(loader.loadTestsFromModule(module) for module in (test_fence, test_parent))
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    passed = result.testsRun - failed - skipped
    print(f"guard ({os.path.relpath(GuardTest.folder)}): {passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed or result.testsRun == 0 else 0)


if __name__ == "__main__":
    main()
