"""Precision: what readers with the file in front of them said about errors and warnings.

judged.tsv says right or wrong, and why. Its lines are found again by repository, file, check and line: `line` or
`line:column` of any label, so that another wording, another order of labels or another fingerprint changes nothing.
Where a check says two things of one place, `words` has a word of the message that is meant.
A judgement holds for the severity it was made for; `right` also holds when the finding is milder now, and `wrong`
at any severity.
"""

import collections
import os
import random

import run

HERE = os.path.dirname(os.path.abspath(__file__))
JUDGED = ("error", "warning")


def verdicts(findings):
    """`right` or `wrong` for each finding that was judged."""
    rows = collections.defaultdict(list)
    for row in run.table(os.path.join(HERE, "judged.tsv")):
        rows[row["repository"], row["check"]].append(row)
    said = {}
    for found in findings:
        best = None
        for row in rows[found.repo, found.check]:
            milder = run.SEVERITIES.index(row["severity"]) <= run.SEVERITIES.index(found.severity)
            holds = (row["verdict"] == "wrong" or milder) and row["words"] in found.message
            rank = fit(row, found)
            if holds and rank is not None and (best is None or rank < best[0]):
                best = rank, row["verdict"]
        if best:
            said[found] = best[1]
    return said


def fit(row, found):
    """How well a judgement's place fits: 0 the very place, 1 the same line, 2 the line of another label, None not."""
    line, _, column = row["line"].partition(":")
    if row["file"] == found.file and int(line) == found.line:
        if not column:
            return 1
        return 0 if int(column) == found.column else None
    places = [(file, first, start) for file, first, _, start in found.places]
    wanted = (row["file"], int(line))
    return 2 if any((file, first) == wanted and column in ("", str(start)) for file, first, start in places) else None


def print_precision(title, findings, verdicts):
    print(f"== {title}")
    for severity in JUDGED:
        of = [found for found in findings if found.severity == severity]
        judged = [found for found in of if found in verdicts]
        right = [found for found in judged if verdicts[found] == "right"]
        groups = collections.defaultdict(list)
        checks = collections.defaultdict(list)
        for found in judged:
            groups[found.repo].append(verdicts[found] == "right")
            checks[found.repo, found.check].append(verdicts[found] == "right")
        print(
            f"{severity:8} {len(of):4} findings, {len(judged):4} judged, {len(right):4} right: {share(len(right), len(judged))}"
            f"   by repository {average(groups)} ({len(groups)})   by repository and check {average(checks)} ({len(checks)})"
        )
    wrong = [found for found in findings if verdicts.get(found) == "wrong" and found.severity in JUDGED]
    print(f"wrong: {len(wrong)}")
    for found in wrong:
        print(f"  {found.severity}[{found.check}] {found.repo} {found.file}:{found.line}: {found.message}")
    left = sum(found.severity in JUDGED and found not in verdicts for found in findings)
    print(f"not judged yet: {left}")
    print()


def share(part, whole):
    return f"{part / whole:.3f}" if whole else "-"


def average(groups):
    return f"{sum(sum(of) / len(of) for of in groups.values()) / len(groups):.3f}" if groups else "-"


def print_sample(findings, verdicts, size, seed):
    population = [found for found in findings if found.severity in JUDGED]
    population.sort(key=lambda found: (found.key(), found.message))
    drawn = random.Random(seed).sample(population, min(size, len(population)))
    print_precision(f"Plain random sample of {len(drawn)} of {len(population)}, seed {seed}", drawn, verdicts)
    print_unjudged(drawn, verdicts)


def print_unjudged(findings, verdicts):
    for found in findings:
        if found.severity in JUDGED and found not in verdicts:
            print("\t".join([*found.key(), "?", found.message]))
