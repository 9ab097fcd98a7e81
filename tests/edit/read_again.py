"""Reads documents before and after a change, each a line of JSON, and holds the difference against the change."""

import json
import sys
import tomllib
from collections import Counter

import yaml


def yaml_by(loader):
    return lambda text: next(yaml.load_all(text, Loader=loader))


# By format: PyYAML itself, which LiteLLM reads with, and libyaml, after which Compose's reader is written.
READERS = {
    "yaml": {"PyYAML": yaml_by(yaml.SafeLoader), "libyaml": yaml_by(yaml.CSafeLoader)},
    "json": {"json": json.loads},
    "toml": {"tomllib": tomllib.loads},
}


class Odd(Exception):
    """The change cannot be told from the value alone."""


def at(value, step):
    if isinstance(value, dict):
        found = [key for key in value if (key if isinstance(key, str) else None) == step]
        if len(found) != 1:
            raise Odd
        return found[0]
    return step


def changed(value, path, op, key, new):
    """The value after the change; aliases are copies here."""
    value = json.loads(json.dumps(value, default=str)) if not has_odd_keys(value) else value
    if not path and op == "set":
        return new
    steps = list(path)
    add = op in ("insert", "push")
    holder = value
    for number, step in enumerate(steps if add else steps[:-1]):
        missing = isinstance(holder, dict) and step not in holder
        if holder is None or missing:
            break
        inner = holder[at(holder, step)]
        if add and inner is None:
            rest = steps[number + 1:]
            built = {key: new} if op == "insert" else [new]
            for outer in reversed(rest):
                built = {outer: built}
            holder[at(holder, step)] = built
            return value
        holder = inner
    else:
        number = len(steps)
    if add:
        rest = steps[number:]
        if rest:
            built = {key: new} if op == "insert" else [new]
            for outer in reversed(rest[1:]):
                built = {outer: built}
            holder[rest[0]] = built
        elif op == "insert":
            holder[key] = new
        else:
            holder.append(new)
        return value
    last = at(holder, steps[-1])
    if op == "set":
        holder[last] = new
    elif op == "remove":
        del holder[last]
    else:
        holder[key] = holder.pop(last)
    return value


def has_odd_keys(value):
    if isinstance(value, dict):
        if any(not isinstance(key, str) for key in value):
            raise Odd
        return any(has_odd_keys(inner) for inner in value.values())
    return isinstance(value, list) and any(has_odd_keys(inner) for inner in value)


def plain(value):
    return json.dumps(value, default=str, sort_keys=True)


def main():
    counts = {what: Counter() for what in ("held", "unread", "odd", "wrong")}
    for line in sys.stdin:
        case = json.loads(line)
        for name, read in READERS[case["format"]].items():
            what, found, wanted = judged(case, read)
            counts[what][name] += 1
            if what == "wrong" and counts[what][name] <= 5:
                print(
                    f"--- {case['seed']}: {case['op']} {case['key']} {case['value']!r} at {case['path']} of\n"
                    f"{case['before']}\n=== is\n{case['after']}\n=== read by {name} as\n{found}\nwanted\n{wanted}",
                    file=sys.stderr,
                )
    for what, count in counts.items():
        print(f"{what}: {dict(count)}", file=sys.stderr)
    sys.exit(1 if counts["wrong"] or not counts["held"] else 0)


def judged(case, read):
    """Whether a reader finds what it should; what it finds, and what it should find."""
    try:
        before = read(case["before"])
    except (yaml.YAMLError, ValueError, StopIteration):
        return "unread", None, None
    try:
        wanted = plain(changed(before, case["path"], case["op"], case["key"], case["value"]))
    except Odd:
        return "odd", None, None
    try:
        found = plain(read(case["after"]))
    except Exception as error:  # whatever it is, the change has broken the document
        found = repr(error)
    return "held" if found == wanted else "wrong", found, wanted


main()
