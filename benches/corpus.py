#!/usr/bin/env python3
"""How the time of an offline check grows with the number of real repositories.

    cargo build --release && python3 benches/corpus.py CORPUS [MCPDOC]

CORPUS holds one folder a repository. Measured are an eighth, a quarter, a half and all of them, and all of them twice
and four times over: one run a repository, added up, and one run over all as one tree. Time is wall time of the whole
process, the best of several; the number of files is what mcpdoc says it read. Standard library only.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

RUNS = 5


def check(mcpdoc, folder, home):
    """Seconds of one run, and the number of files it read."""
    command = [mcpdoc, "check", "--offline", "--fail-on", "never", "--format", "json", "."]
    environment = {"HOME": home, "PATH": "/usr/bin:/bin"}
    best, read = None, 0
    for _ in range(RUNS):
        begin = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
        took = time.perf_counter() - begin
        best = took if best is None else min(best, took)
        # Without any file that it knows it says so, and ends with 2.
        if done.returncode not in (0, 2):
            sys.exit(f"{folder}: exit status {done.returncode}\n{done.stderr.decode('utf-8', 'replace')}")
        read = len(json.loads(done.stdout)["inputs"]) if done.stdout.strip() else 0
    return best, read


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    corpus = sys.argv[1]
    built = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "target", "release", "mcpdoc")
    mcpdoc = os.path.abspath(sys.argv[2] if len(sys.argv) == 3 else built)
    names = sorted(name for name in os.listdir(corpus) if os.path.isdir(os.path.join(corpus, name)))
    with tempfile.TemporaryDirectory() as into:
        home = os.path.join(into, "home")
        os.makedirs(home)
        one_by_one = {name: check(mcpdoc, os.path.join(corpus, name), home) for name in names}
        print(f"{'repositories':>12} {'files':>6} {'one by one':>12} {'as one tree':>12} {'a file':>9}")
        for share in (1 / 8, 1 / 4, 1 / 2, 1, 2, 4):
            # Every eighth, fourth, second one: the large ones are spread over the alphabet.
            step, copies = max(1, round(1 / share)), max(1, round(share))
            chosen = names[::step]
            tree = os.path.join(into, "tree")
            for copy in range(copies):
                for name in chosen:
                    shutil.copytree(os.path.join(corpus, name), os.path.join(tree, f"{copy}-{name}"))
            added = sum(one_by_one[name][0] for name in chosen) * copies
            took, read = check(mcpdoc, tree, home)
            shutil.rmtree(tree)
            print(
                f"{len(chosen) * copies:12} {read:6} {added * 1000:9.1f} ms {took * 1000:9.1f} ms"
                f" {took / max(1, read) * 1e6:6.0f} µs"
            )


if __name__ == "__main__":
    main()
