"""Sends the calls of moto-parity.toml to moto and to `spotkeeper sim`, and compares what botocore makes of the answers.

Usage: moto_parity.py FILE MOTO SIMULATOR: the file in JSON, and the endpoints of two fresh worlds; time has to stand
in the simulator's. The file says itself how it is read. Whatever differs and is not listed there is printed as it would
be listed; whatever is listed there and does not differ is printed too; either makes the run fail.
"""

import datetime
import json
import re
import sys
import urllib.request

import boto3
import botocore.config
import botocore.exceptions
import jmespath
from botocore import xform_name

ABSENT = object()
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")

# What a world draws for itself: ids, also those of zones and of network cards, addresses (with dots, or with dashes in names), times in texts.
DRAWN = re.compile(
    r"\b(?P<id>eni-attach|eni|i|r|sg|sir|snap|subnet|vol|vpc)-[0-9a-z]{8,17}\b"
    r"|\b(?P<zone>[a-z]+\d)-az\d\b"
    r"|\b(?P<mac>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})\b"
    r"|(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)"
    r"|(?<![0-9a-z.])(?P<address>\d{1,3}(?P<dot>[.-])\d{1,3}(?P=dot)\d{1,3}(?P=dot)\d{1,3})(?!\d|[.-]\d)"
)

# What tells the elements of a list apart.
IDENTITIES = ("SpotInstanceRequestId", "InstanceId", "VolumeId", "DeviceName", "Key")

# How far a world's clock may be from ours, and how much is lost where times are cut to whole seconds.
SLACK = datetime.timedelta(seconds=5)


class World:
    """One of the two: a client, what was saved from its answers, and the time that has passed in it."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        # What fails is not repeated: the second answer could be another.
        config = botocore.config.Config(retries={"total_max_attempts": 1})
        self.ec2 = boto3.client("ec2", endpoint_url=endpoint, config=config)
        self.saved = {}
        self.begin = self.now()

    def now(self):
        return datetime.datetime.now(datetime.timezone.utc)

    def advance(self, span):
        """Puts time forward, where that can be done and is needed."""

    def fill(self, value):
        """Puts what was saved in place of placeholders."""
        if isinstance(value, dict):
            return {key: self.fill(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner) for inner in value]
        if isinstance(value, str):
            return PLACEHOLDER.sub(lambda found: self.saved[found[1]], value)
        return value

    def send(self, call):
        """The answer to a call, or the error, parsed and without what is about the connection."""
        self.saved["now"] = self.now().isoformat()
        operation = getattr(self.ec2, xform_name(call["operation"]))
        try:
            answer = operation(**self.fill(call.get("parameters", {})))
        except botocore.exceptions.ClientError as error:
            found, told = error.response["Error"], error.response["ResponseMetadata"]
            return {"Status": told["HTTPStatusCode"], "Code": found["Code"], "Message": found["Message"]}
        told = answer.pop("ResponseMetadata")
        return {"Status": told["HTTPStatusCode"], **answer}


class Simulator(World):
    def now(self):
        return datetime.datetime.fromisoformat(self.control("GET", "world")["now"].replace("Z", "+00:00"))

    def advance(self, span):
        self.control("POST", f"advance?by={span}")

    def control(self, method, path):
        request = urllib.request.Request(f"{self.endpoint}/_spotkeeper/{path}", method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


class Counterparts:
    """Which id or address of one world stands for which of the other: each for one, and for good."""

    def __init__(self):
        self.there, self.back, self.names = {}, {}, {}

    def name(self, label, moto, sim):
        """Two that were saved under one name are counterparts."""
        assert self.pair(moto, sim), f"{label}: {moto} and {sim} are no counterparts"
        for world, drawn in (("moto", moto), ("sim", sim)):
            self.names.setdefault((world, drawn), f"${{{label}}}")

    def pair(self, moto, sim):
        if moto not in self.there and sim not in self.back:
            self.there[moto], self.back[sim] = sim, moto
        return self.there.get(moto) == sim and self.back.get(sim) == moto

    def agree(self, moto, sim):
        """Whether two texts say the same of counterparts."""
        if shape(moto) != shape(sim):
            return False
        return all([self.pair(plain(one), plain(other)) for one, other in zip(*map(DRAWN.finditer, (moto, sim)))])

    def shown(self, world, text):
        """A text that is the same in each run: with names instead of what was drawn."""
        return DRAWN.sub(lambda found: self.names.get((world, plain(found)), kind(found)), text)


def plain(found):
    return found[0].replace("-", ".") if found["address"] else found[0]


def kind(found):
    return f"<{found['id'] or next(name for name in ('zone', 'mac', 'time', 'address') if found[name])}>"


def shape(text):
    return DRAWN.sub(kind, text)


class Comparison:
    def __init__(self, file, moto, sim):
        self.worlds = {"moto": moto, "sim": sim}
        self.counterparts = Counterparts()
        self.volatile = {field: entry["how"] for entry in file["volatile"] for field in entry["fields"]}
        self.met = set()
        # By path and what either world says there: the calls.
        self.found = {}

    def run(self, call):
        self.call = call["name"]
        if "advance" in call:
            for world in self.worlds.values():
                world.advance(call["advance"])
        answers = {name: world.send(call) for name, world in self.worlds.items()}
        self.spans = {name: (world.begin - SLACK, world.now() + SLACK) for name, world in self.worlds.items()}
        for label, path in call.get("save", {}).items():
            drawn = {name: jmespath.search(path, answer) for name, answer in answers.items()}
            for name, value in drawn.items():
                assert isinstance(value, str), f"{self.call}: {name} has nothing at {path}: {answers[name]}"
                self.worlds[name].saved[label] = value
            self.counterparts.name(label, drawn["moto"], drawn["sim"])
        self.compare("", answers["moto"], answers["sim"])

    def compare(self, path, moto, sim):
        if isinstance(moto, dict) and isinstance(sim, dict):
            for key in {**moto, **sim}:
                self.compare(f"{path}.{key}".lstrip("."), moto.get(key, ABSENT), sim.get(key, ABSENT))
        elif isinstance(moto, list) and isinstance(sim, list):
            theirs, ours = self.keyed("moto", moto), self.keyed("sim", sim)
            if theirs is None or ours is None:
                theirs, ours = dict(enumerate(moto)), dict(enumerate(sim))
            for key in {**theirs, **ours}:
                self.compare(f"{path}[{key}]", theirs.get(key, ABSENT), ours.get(key, ABSENT))
        elif not self.same(path, moto, sim):
            sides = self.shown(path, "moto", moto), self.shown(path, "sim", sim)
            self.found.setdefault((path, *map(told, sides)), []).append(self.call)

    def keyed(self, world, elements):
        """The elements by what tells them apart, as the order of most lists means nothing; none where nothing does."""
        for name in IDENTITIES:
            if len(elements) > 1 and all(isinstance(element, dict) and name in element for element in elements):
                keyed = {self.counterparts.shown(world, element[name]): element for element in elements}
                return keyed if len(keyed) == len(elements) else None
        return None

    def same(self, path, moto, sim):
        how = self.how(path)
        if ABSENT in (moto, sim):
            return False
        if how == "counterpart" and isinstance(moto, str) and isinstance(sim, str):
            return self.counterparts.agree(moto, sim)
        return self.shown(path, "moto", moto) == self.shown(path, "sim", sim)

    def how(self, path):
        field = re.sub(r"\[[^]]*\]$", "", path).rpartition(".")[2]
        if field in self.volatile:
            self.met.add(field)
        return self.volatile.get(field)

    def shown(self, path, world, value):
        """A value as the file has it."""
        if isinstance(value, dict):
            return {key: self.shown(f"{path}.{key}", world, inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.shown(path, world, inner) for inner in value]
        how = self.how(path)
        if isinstance(value, datetime.datetime):
            begin, end = self.spans[world]
            if how == "moment" and begin <= value <= end:
                return "<during the run>"
            return value.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
        if how == "counterpart" and isinstance(value, str):
            return self.counterparts.shown(world, value)
        return value


def told(value):
    """A value in TOML, and none for what is absent. Of what has more in it than texts only the kind is told."""
    if value is ABSENT:
        return None
    if isinstance(value, (dict, list)):
        inside = value.values() if isinstance(value, dict) else value
        if any(isinstance(inner, (dict, list)) for inner in inside):
            return json.dumps("<a table>" if isinstance(value, dict) else "<a list>")
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {told(value[key])}" for key in sorted(value)) + " }" if value else "{}"
    return json.dumps(value, ensure_ascii=False)


def block(path, moto, sim, calls):
    lines = ["[[difference]]", f"calls = {json.dumps(calls)}", f"path = {told(path)}"]
    lines += [f"{name} = {side}" for name, side in (("moto", moto), ("sim", sim)) if side is not None]
    return "\n".join([*lines, 'reason = ""', 'source = ""', ""])


def matches(pattern, text):
    """Whether a pattern, in which * stands for anything, fits a text."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


def settle(file, found):
    """What is wrong with the list of differences: what it lacks, and what it has for nothing."""
    names = [call["name"] for call in file["call"]]
    rest = {key: list(calls) for key, calls in found.items()}
    wrong = []
    for entry in file["difference"]:
        sides = tuple(told(entry.get(side, ABSENT)) for side in ("moto", "sim"))
        meant = [name for name in names if any(matches(pattern, name) for pattern in entry["calls"])]
        idle = [pattern for pattern in entry["calls"] if not any(matches(pattern, name) for name in names)]
        wrong += [f"# no call is named {pattern!r}, as is listed for {entry['path']}" for pattern in idle]
        alike = [key for key in rest if matches(entry["path"], key[0]) and key[1:] == sides]
        missing = [name for name in meant if not any(name in rest[key] for key in alike)]
        for key in alike:
            rest[key] = [name for name in rest[key] if name not in meant]
        if missing:
            wrong.append(f"# listed, and not so (or listed twice):\n{block(entry['path'], *sides, missing)}")
    return wrong + [f"# not listed:\n{block(*key, calls)}" for key, calls in rest.items() if calls]


def check_the_checker():
    """What never finds a difference proves nothing."""
    pairs = Counterparts()
    assert pairs.agree("i-0123456789abcdef0 at 10.0.0.1", "i-0aaaaaaaaaaaaaaa0 at 172.31.0.9")
    assert pairs.agree("ip-10-0-0-1.ec2.internal", "ip-172-31-0-9.ec2.internal")
    assert not pairs.agree("i-0123456789abcdef0", "i-0bbbbbbbbbbbbbbb0"), "one instance is two"
    assert not pairs.agree("i-0cccccccccccccccc", "i-0aaaaaaaaaaaaaaa0"), "two instances are one"
    assert not pairs.agree("vol-0123456789abcdef1", "i-0123456789abcdef1"), "a volume is an instance"
    assert not pairs.agree("no i-0123456789abcdef0", "not i-0aaaaaaaaaaaaaaa0"), "the words differ"
    listed = {"call": [{"name": "a"}, {"name": "b"}]}
    listed["difference"] = [{"calls": ["*"], "path": "State", "moto": "open"}]
    key = ("State", '"open"', None)
    assert settle(listed, {key: ["a", "b"]}) == []
    assert len(settle(listed, {key: ["a"]})) == 1, "listed, and not so"
    assert len(settle(listed, {key: ["a", "b"], ("Type", "1", "2"): ["a"]})) == 1, "not listed"


def main():
    check_the_checker()
    with open(sys.argv[1], encoding="utf-8") as text:
        file = json.load(text)
    moto, sim = World(sys.argv[2]), Simulator(sys.argv[3])
    comparison = Comparison(file, moto, sim)
    for call in file["call"]:
        comparison.run(call)
    wrong = settle(file, comparison.found)
    unmet = set(comparison.volatile) - comparison.met
    wrong += [f"# volatile, but it is in no answer: {field}" for field in sorted(unmet)]
    print("\n".join(wrong))
    differing = sum(map(len, comparison.found.values()))
    print(f"# {len(file['call'])} calls, {differing} differences, {len(wrong)} of them not as listed")
    sys.exit(1 if wrong else 0)


main()
