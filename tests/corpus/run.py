"""Runs mcpdoc over every repository of a corpus, and over each older revision as a repository of its own.

A folder is searched as its owner would search it: from its root, which looks like the root of a git repository, with
an empty home. A file of the index that the search did not read is then named, alone: as what the index says it is, or
bare where mcpdoc has to find out. Nothing else of the corpus is in sight: a revision does not see its successors.

A file taken out of a ConfigMap (`<ConfigMap>.extracted/<key>`) is the collector's copy and not part of the repository:
a search does not see it. What a run says of the ConfigMap's lines counts as said of the copy's; where no run read the
ConfigMap, the copy is named. So each mistake counts once, under the name that the expectations have for it.
"""

import concurrent.futures
import csv
import json
import os
import shutil
import subprocess
import tempfile

SEVERITIES = ("error", "warning", "note")
TIMEOUT = 20
FLAGS = {"litellm": "--litellm", "litellm-docblock": "--litellm", "compose": "--compose"}


class Unit:
    """One repository at one revision; `revision` is `@commit`, or empty for the newest."""

    def __init__(self, repo, revision, files):
        self.repo, self.revision, self.files = repo, revision, files
        self.copies = {}

    def path(self, file):
        return f"{self.revision}/{file}" if self.revision else file

    def folder(self, corpus):
        return os.path.join(corpus, self.repo.replace("/", "+"), self.revision)

    def place(self, file, first, last, column):
        """A place as the expectations name it: of a ConfigMap's copy where there is one."""
        for copy, start, lines, indent in self.copies.get(file, []):
            if start < first <= start + lines:
                return self.path(copy), first - start, last - start, max(1, column - indent)
        return self.path(file), first, last, column

    def find_copies(self, corpus):
        """Where each copy stands in its ConfigMap: the lines before it, its lines, its indentation."""
        for copy in self.files:
            origin, extracted, _ = copy.rpartition(".extracted/")
            if not extracted:
                continue
            text = lines_of(os.path.join(self.folder(corpus), copy))
            whole = lines_of(os.path.join(self.folder(corpus), origin))
            for start in range(len(whole) - len(text) + 1):
                indent = len(whole[start]) - len(whole[start].lstrip())
                if indent and all(
                    have[indent:].rstrip() == want.rstrip() for have, want in zip(whole[start:], text)
                ):
                    self.copies.setdefault(origin, []).append((copy, start, len(text), indent))
                    break


class Run:
    """One start of the binary: `named` is the file that it was given, or None for the whole folder."""

    def __init__(self, unit, named, outcome, document, stderr):
        self.unit, self.named, self.outcome, self.document, self.stderr = unit, named, outcome, document, stderr
        self.how = "named" if named else "found"
        self.crashed = outcome not in ("0", "1", "2")

    def inputs(self):
        return {one["file"] for one in (self.document or {}).get("inputs", [])}


class Finding:
    """A finding of one unit; paths have the revision in front, as the corpus has."""

    def __init__(self, unit, how, value):
        self.repo, self.how = unit.repo, how
        self.check, self.severity, self.message = value["check"], value["severity"], value["message"]
        self.places = [
            unit.place(place["file"], place["line"], place.get("end_line") or place["line"], place["column"])
            for place in value["locations"]
            if place.get("file") and place.get("line")
        ]
        self.file, self.line, _, self.column = self.places[0] if self.places else ("", 0, 0, 0)
        self.fingerprint = value["fingerprint"]

    def key(self):
        return self.repo, self.file, f"{self.line}:{self.column}", self.check, self.severity

    def labels(self, file, line):
        return any(have == file and first <= line <= last for have, first, last, _ in self.places)


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def lines_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().rstrip("\n").split("\n")


def units(corpus):
    """The index as units, in its order."""
    found = {}
    for row in table(os.path.join(corpus, "INDEX.tsv")):
        revision, _, rest = row["path"].partition("/") if row["path"].startswith("@") else ("", "", row["path"])
        found.setdefault((row["repo"], revision), {})[rest] = row["kind"]
    made = [Unit(repo, revision, files) for (repo, revision), files in found.items()]
    for unit in made:
        unit.find_copies(corpus)
    return made


def stage(corpus, unit, into):
    """A copy of one unit, without its other revisions and what was taken out of its files."""
    target = tempfile.mkdtemp(dir=into)
    passed = lambda _, names: [name for name in names if name[0] == "@" or name.endswith(".extracted")]  # noqa: E731
    shutil.copytree(unit.folder(corpus), target, dirs_exist_ok=True, ignore=passed)
    os.makedirs(os.path.join(target, ".git"), exist_ok=True)
    return target


def start(mcpdoc, unit, named, arguments, cwd, home):
    command = [mcpdoc, "check", "--offline", "--format", "json", *arguments]
    environment = {"HOME": home, "PATH": "/usr/bin:/bin", "RUST_BACKTRACE": "1"}
    try:
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return Run(unit, named, "timeout", None, "")
    stderr = done.stderr.decode("utf-8", "replace")
    outcome = str(done.returncode)
    try:
        document = json.loads(done.stdout) if done.stdout.strip() else None
    except ValueError:
        outcome, document = "no-json", None
    if "panicked" in stderr:
        outcome = "panic"
    return Run(unit, named, outcome, document, stderr)


def runs_of(corpus, mcpdoc, unit, into, home):
    cwd = stage(corpus, unit, into)
    runs = [start(mcpdoc, unit, None, ["."], cwd, home)]
    read = runs[0].inputs()
    for file, kind in unit.files.items():
        origin = file.rpartition(".extracted/")[0]
        if kind == "env" or file in read or (origin and origin in read):
            continue
        if origin:
            os.makedirs(os.path.dirname(os.path.join(cwd, file)), exist_ok=True)
            shutil.copy(os.path.join(unit.folder(corpus), file), os.path.join(cwd, file))
        flag = FLAGS.get(kind)
        runs.append(start(mcpdoc, unit, file, [flag, file] if flag else [file], cwd, home))
    return runs


def measure(corpus, mcpdoc):
    """All runs, and all findings; one that several runs of a unit have is counted once."""
    mcpdoc = os.path.abspath(mcpdoc)
    with tempfile.TemporaryDirectory() as into, concurrent.futures.ThreadPoolExecutor() as pool:
        home = os.path.join(into, "home")
        os.makedirs(home)
        work = [pool.submit(runs_of, corpus, mcpdoc, unit, into, home) for unit in units(corpus)]
        runs = [one for job in work for one in job.result()]
    findings, seen = [], set()
    for one in runs:
        for value in (one.document or {}).get("findings", []):
            found = Finding(one.unit, one.how, value)
            identity = found.key(), found.fingerprint
            # A named file's run also reads the stack around it: only what it says of the file itself is new.
            about = one.named is None or any(file == one.unit.path(one.named) for file, *_ in found.places)
            if about and identity not in seen:
                seen.add(identity)
                findings.append(found)
    return runs, findings
