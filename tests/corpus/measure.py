#!/usr/bin/env python3
"""Measures mcpdoc against a folder of public configurations, which stays where it is.

    python3 tests/corpus/measure.py CORPUS MCPDOC [table|sample|unjudged|findings] [--size N] [--seed N]

CORPUS holds one folder `owner+name` a repository, and INDEX.tsv (repo, commit, path, kind, …), EXPECTED.tsv (repo,
path, line, kind, reason, confidence) and FPTRAPS.tsv (repo, path, line, trap, why_correct). MCPDOC is the binary.
Needs Python 3.9, its standard library, and nothing else.

table     crashes, findings by check and severity, recall, traps, precision (the default)
sample    draws N judged and unjudged errors and warnings, plain random with a fixed seed, and shows their precision
unjudged  errors and warnings that judged.tsv has no line for, as lines to fill in
findings  everything that was found, as TSV

Exit status: 0; 1 if mcpdoc crashed or hung; 2 for wrong use.
"""

import argparse
import collections
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import expect  # noqa: E402
import judge  # noqa: E402
import run  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("mcpdoc")
    parser.add_argument("what", nargs="?", default="table", choices=["table", "sample", "unjudged", "findings"])
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for needed in ("INDEX.tsv", "EXPECTED.tsv", "FPTRAPS.tsv"):
        if not os.path.isfile(os.path.join(args.corpus, needed)):
            parser.error(f"{args.corpus} has no {needed}")

    runs, findings = run.measure(args.corpus, args.mcpdoc)
    verdicts = judge.verdicts(findings)
    if args.what == "findings":
        for found in findings:
            print("\t".join([*found.key(), found.how, verdicts.get(found, ""), found.message]))
    elif args.what == "unjudged":
        judge.print_unjudged(findings, verdicts)
    elif args.what == "sample":
        judge.print_sample(findings, verdicts, args.size, args.seed)
    else:
        print_runs(runs)
        print_findings(findings)
        expect.print_recall(args.corpus, runs, findings)
        expect.print_traps(args.corpus, findings, verdicts)
        judge.print_precision("Precision", findings, verdicts)
    return 1 if any(one.crashed for one in runs) else 0


def print_runs(runs):
    print("== Runs")
    folders = [one for one in runs if one.how == "found"]
    print(f"{len(folders)} folders searched, {len(runs) - len(folders)} further files named one by one")
    codes = collections.Counter(one.outcome for one in runs)
    print("exit codes: " + ", ".join(f"{code}: {count}" for code, count in sorted(codes.items())))
    for one in runs:
        if one.crashed:
            print(f"CRASH {one.outcome} {one.unit.repo} {one.unit.revision} {one.named or '.'}: {one.stderr[-300:]}")
    print()


def print_findings(findings):
    print("== Findings (and in how many repositories)")
    rows = collections.defaultdict(list)
    for found in findings:
        rows[found.severity, found.check].append(found.repo)
    for severity in run.SEVERITIES:
        of = sorted((check, repos) for (have, check), repos in rows.items() if have == severity)
        print(f"{severity}: {sum(len(repos) for _, repos in of)}")
        for check, repos in of:
            print(f"  {check:32} {len(repos):4}  {len(set(repos)):3}")
    print()


if __name__ == "__main__":
    sys.exit(main())
