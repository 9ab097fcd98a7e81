"""Recall of the mistakes that a reader of the corpus saw, and the lines that look wrong and are right.

A mistake counts as found when a finding of any severity has one of the ids that kinds.tsv gives for its kind, and a
label in the same file that covers the same line; there is no tolerance. Where kinds.tsv says `block`, the reader named
the line that opens something (a service) for what is wrong in it, and a label below that line and deeper indented
counts as well. disagreed.tsv lists mistakes that are none.
A trap is passed when no error or warning of the ids in traps.tsv has a label in its file (scope `file`) or on its
line (scope `line`), and none at all has one on its line, those excepted that judged.tsv calls right.
"""

import collections
import os

import run

HERE = os.path.dirname(os.path.abspath(__file__))


def committed(name):
    return run.table(os.path.join(HERE, name))


def print_recall(corpus, runs, findings):
    ids = {row["kind"]: row["ids"].split() for row in committed("kinds.tsv")}
    opens = {row["kind"] for row in committed("kinds.tsv") if row["scope"] == "block"}
    disagreed = {(row["repo"], row["path"], row["line"], row["kind"]) for row in committed("disagreed.tsv")}
    expected = run.table(os.path.join(corpus, "EXPECTED.tsv"))
    hit = {}
    for row in expected:
        first = last = int(row["line"])
        if row["kind"] in opens:
            last = end_of_block(os.path.join(corpus, row["repo"].replace("/", "+"), row["path"]), first)
        for found in findings:
            alike = found.repo == row["repo"] and found.check in ids[row["kind"]]
            if alike and any(found.labels(row["path"], line) for line in range(first, last + 1)):
                best = hit.setdefault(id(row), found)
                if run.SEVERITIES.index(found.severity) < run.SEVERITIES.index(best.severity):
                    hit[id(row)] = found
    agreed = [row for row in expected if (row["repo"], row["path"], row["line"], row["kind"]) not in disagreed]

    print("== Recall of expected mistakes")
    for title, rows in (("all", expected), ("without those disagreed with", agreed)):
        print(f"{title}: {len(rows)}")
        for confidence in ("high", "medium", "low"):
            of = [row for row in rows if row["confidence"] == confidence]
            if not of:
                continue
            print(
                f"  {confidence:8} {ratio(of, hit)}   by file {mean(of, hit, 'path'):.2f}"
                f"   by repository {mean(of, hit, 'repo'):.2f}"
            )
    said = collections.Counter(found.severity for found in hit.values())
    print("said as: " + ", ".join(f"{severity} {said[severity]}" for severity in run.SEVERITIES))
    print("by kind:")
    kinds = collections.defaultdict(list)
    for row in expected:
        kinds[row["kind"]].append(row)
    for kind, rows in sorted(kinds.items()):
        print(f"  {kind:28} {ratio(rows, hit)}  as {' '.join(ids[kind])}")
    print("by file:")
    files = collections.defaultdict(list)
    for row in expected:
        files[row["repo"], row["path"]].append(row)
    read = {(one.unit.repo, one.unit.path(file)): one.how for one in runs for file in one.inputs()}
    for (repo, path), rows in sorted(files.items()):
        print(f"  {ratio(rows, hit)}  {repo} {path} ({read.get((repo, path), 'not read')})")
    missed = [row for row in expected if id(row) not in hit]
    print(f"missed: {len(missed)}")
    for row in missed:
        said = "disagreed" if row not in agreed else row["confidence"]
        print(f"  {row['repo']} {row['path']}:{row['line']} {row['kind']} ({said}): {row['reason']}")
    print()


def end_of_block(path, first):
    """The last of the lines below `first` that are indented deeper, empty ones passed over."""
    lines = run.lines_of(path)
    indent = len(lines[first - 1]) - len(lines[first - 1].lstrip())
    last = first
    for number, line in enumerate(lines[first:], first + 1):
        if line.strip():
            if len(line) - len(line.lstrip()) <= indent:
                break
            last = number
    return last


def ratio(rows, hit):
    found = sum(id(row) in hit for row in rows)
    return f"{found:3}/{len(rows):<3} {found / len(rows):.2f}"


def mean(rows, hit, by):
    """The mean over files or repositories of the recall in each."""
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row["repo"], row[by]].append(id(row) in hit)
    return sum(sum(of) / len(of) for of in groups.values()) / len(groups)


def print_traps(corpus, findings, verdicts):
    meant = {row["trap"]: (row["scope"], row["ids"].split()) for row in committed("traps.tsv")}
    traps = run.table(os.path.join(corpus, "FPTRAPS.tsv"))
    failed = []
    for row in traps:
        scope, ids = meant[row["trap"]]
        for found in findings:
            if found.repo != row["repo"] or found.severity == "note" or verdicts.get(found) == "right":
                continue
            on_line = found.labels(row["path"], int(row["line"]))
            in_file = any(file == row["path"] for file, *_ in found.places)
            if on_line or (scope == "file" and in_file and ("*" in ids or found.check in ids)):
                failed.append((row, found))
    lost = {id(row) for row, _ in failed}
    print(f"== Traps: {len(traps) - len(lost)} of {len(traps)} passed")
    for row, found in failed:
        print(f"  {row['repo']} {row['path']}:{row['line']} {row['trap']}: {found.severity}[{found.check}] {found.message}")
    print()
