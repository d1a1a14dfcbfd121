"""Reads an exposition with parsers that are not ours, and prints what it says in one form for all formats.

    python read.py FORMAT < BODY            FORMAT: text, openmetrics, protobuf, json
    python read.py compare FORMAT=FILE ...  ends with 1 if the files do not say the same
    python read.py selftest

Names are those of the text format 0.0.4, numbers are `repr(float)`, and what is empty is dropped: labels without a
value, native buckets without an observation. A body that breaks a rule ends it with 1. Next to what a parser checks, this
checks what it is lax about: duplicates, lines that were read as something else, buckets that fall.

A series that has a time also stands in `timestamps` of its family, in milliseconds.
"""

import json
import math
import os
import re
import sys
from pathlib import Path

from prometheus_client import parser, validation
from prometheus_client.openmetrics import parser as openmetrics

# Names as OpenMetrics 1.0 and the text format 0.0.4 have them, not any text in quotes.
validation.enable_legacy_validation()

METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL_NAME = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")
SAFE = 2**53 - 1
TYPES = {"info": "gauge", "unknown": "untyped"}


class Refused(Exception):
    """The body breaks a rule."""


def check(holds, complaint):
    if not holds:
        raise Refused(complaint)


def number(value):
    """The parser of the text format reads `-0` as a whole number, which has no sign: here no zero has one."""
    return repr(float(value) + 0.0)


def text_of(labels):
    """An empty label is no label."""
    return {name: value for name, value in sorted(labels.items()) if value != ""}


def key(name, labels):
    return json.dumps([name, labels], sort_keys=True)


class Family:
    def __init__(self, name, kind, help="", unit=""):
        check(METRIC_NAME.fullmatch(name), f"{name!r} is no name of a family")
        self.name, self.type, self.unit = name, TYPES.get(kind, kind), unit
        # The parsers drop white space around it.
        self.help = help.strip()
        self.samples, self.exemplars, self.native, self.timestamps = [], [], [], []

    def add(self, name, labels, value, timestamp_ms=None):
        labels = dict(labels)
        for label in labels:
            check(LABEL_NAME.fullmatch(label), f"{name}: {label!r} is no name of a label")
        bound = {self.name + "_bucket": "le"} if self.type == "histogram" else {}
        bound = {self.name: "quantile"} if self.type == "summary" else bound
        if name in bound:
            check(bound[name] in labels, f"{name} {labels}: no {bound[name]}")
            labels[bound[name]] = number(labels[bound[name]])
        labels = text_of(labels)
        self.samples.append([name, labels, number(value)])
        if timestamp_ms is not None:
            self.timestamps.append([name, labels, number(timestamp_ms)])
        return labels

    def exemplar(self, name, labels, of, value, has_timestamp):
        self.exemplars.append([name, labels, text_of(of), number(value), has_timestamp])

    def check(self):
        once(f"{self.name}: the series", [key(name, labels) for name, labels, _ in self.samples])
        for name, labels, _ in self.samples:
            # Where a start is told by a sample of its own, that is a series more for a server.
            check(name == self.name or not name.endswith("_created"), f"{name} {labels} is a sample of the start")
        if self.type == "histogram":
            self.check_histogram()
        if self.type in ("histogram", "summary"):
            for name, labels, value in self.samples:
                if name in (self.name + "_bucket", self.name + "_count"):
                    is_count = float(value) >= 0 and float(value).is_integer()
                    check(is_count, f"{name} {labels}: {value} is no count")

    def check_histogram(self):
        groups = {}
        for name, labels, value in self.samples:
            rest = {label: text for label, text in labels.items() if label != "le"}
            group = groups.setdefault(key(self.name, rest), {"buckets": []})
            if name == self.name + "_bucket":
                group["buckets"].append((float(labels["le"]), float(value)))
            elif name == self.name + "_count":
                group["count"] = float(value)
        for series, group in groups.items():
            buckets = group["buckets"]
            check(buckets and buckets[-1][0] == math.inf, f"{series}: the last bucket is not +Inf")
            for (bound, count), (next_bound, next_count) in zip(buckets, buckets[1:]):
                check(bound < next_bound, f"{series}: the bound {next_bound} follows {bound}")
                check(count <= next_count, f"{series}: {next_bound} has {next_count}, the bucket before {count}")
            count = group.get("count", buckets[-1][1])
            check(count == buckets[-1][1], f"{series}: the bucket +Inf has {buckets[-1][1]}, _count {count}")

    def form(self):
        form = {"name": self.name, "type": self.type, "help": self.help, "unit": self.unit}
        for part in ("samples", "exemplars", "native"):
            form[part] = sorted(getattr(self, part), key=lambda row: json.dumps(row, sort_keys=True))
        if self.timestamps:
            form["timestamps"] = sorted(self.timestamps, key=lambda row: json.dumps(row, sort_keys=True))
        return form


def once(what, names):
    seen = set()
    for name in names:
        check(name not in seen, f"{what} {name} stands twice")
        seen.add(name)


# The two formats of lines.


def lines(body):
    """The text, and how many lines of it are samples."""
    text = body.decode("utf-8")
    check(not text or text.endswith("\n"), "the last line has no end")
    # Not `splitlines`: a line ends with a line feed and nothing else.
    return text, sum(1 for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#"))


def read_text(body):
    text, expected = lines(body)
    # The parser cuts `_total` off, or adds it where it is missing: what is declared is the name.
    declared = re.findall(r"^[ \t]*#[ \t]+TYPE[ \t]+(\S+)[ \t]+(\S+)", text, re.MULTILINE)
    once("the TYPE of", [name for name, _ in declared])
    for name, kind in declared:
        check(kind in ("counter", "gauge", "histogram", "summary", "untyped"), f"{name}: the type {kind}")
    once("the HELP of", re.findall(r"^[ \t]*#[ \t]+HELP[ \t]+(\S+)", text, re.MULTILINE))
    counters = iter([name for name, kind in declared if kind == "counter"])
    families, undeclared, found = [], {}, 0
    for metric in parser.text_string_to_metric_families(text):
        name = metric.name
        if metric.type == "counter":
            name = next(counters, None)
            check(name in (metric.name, metric.name + "_total"), f"{metric.name} is another counter than {name}")
        if any(name == of for of, _ in declared):
            family = Family(name, metric.type, metric.documentation)
            families.append(family)
        else:
            check(not name.endswith("_created"), f"{name} is a sample of the start")
            if name not in undeclared:
                undeclared[name] = Family(name, "unknown", metric.documentation)
                families.append(undeclared[name])
            family = undeclared[name]
        for sample in metric.samples:
            found += 1
            milliseconds = None if sample.timestamp is None else round(sample.timestamp * 1000)
            family.add(name if metric.type == "counter" else sample.name, sample.labels, sample.value, milliseconds)
    check(found == expected, f"{expected} lines are samples, {found} were read")
    return families


def milliseconds(timestamp):
    if timestamp is None:
        return None
    if isinstance(timestamp, float):
        return round(timestamp * 1000)
    return timestamp.sec * 1000 + round(timestamp.nsec / 1e6)


def read_openmetrics(body):
    text, expected = lines(body)
    families, found = [], 0
    for metric in openmetrics.text_string_to_metric_families(text):
        suffix = {"counter": "_total", "info": "_info"}.get(metric.type, "")
        family = Family(metric.name + suffix, metric.type, metric.documentation, metric.unit)
        families.append(family)
        for sample in metric.samples:
            check(sample.native_histogram is None, f"{metric.name}: OpenMetrics 1.0 has no native histograms")
            found += 1
            labels = family.add(sample.name, sample.labels, sample.value, milliseconds(sample.timestamp))
            if sample.exemplar:
                of, value, timestamp = sample.exemplar
                family.exemplar(sample.name, labels, of, value, timestamp is not None)
    # It drops a duplicate without a word.
    check(found == expected, f"{expected} lines are samples, {found} were read")
    return families


# Protobuf.


def schema():
    judges = os.environ.get("TALLIED_JUDGES") or Path(sys.prefix).parent
    sys.path.append(str(Path(judges) / "proto"))
    import metrics_pb2

    return metrics_pb2


def messages(body):
    """Each has its length before it."""
    at = 0
    while at < len(body):
        length = shift = 0
        while True:
            check(at < len(body) and shift < 64, "a length has no end")
            byte = body[at]
            length |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                break
        check(at + length <= len(body), f"a message of {length} bytes ends after {len(body) - at}")
        yield body[at : at + length]
        at += length


def known(message):
    """Neither a field that the schema lacks nor one of another type."""
    from google.protobuf.unknown_fields import UnknownFieldSet

    unknown = [field.field_number for field in UnknownFieldSet(message)]
    check(not unknown, f"{message.DESCRIPTOR.name} has unknown fields: {unknown}")
    for field, value in message.ListFields():
        if field.message_type:
            for part in value if field.is_repeated else [value]:
                known(part)


def pairs(of, labels):
    once(f"{of}: the label", [label.name for label in labels])
    for label in labels:
        check(LABEL_NAME.fullmatch(label.name), f"{of}: {label.name!r} is no name of a label")
    return {label.name: label.value for label in labels}


def read_protobuf(body):
    pb = schema()
    fields = {0: "counter", 1: "gauge", 2: "summary", 3: "untyped", 4: "histogram"}
    families = []
    for bytes_ in messages(body):
        message = pb.MetricFamily.FromString(bytes_)
        known(message)
        check(message.HasField("name") and message.HasField("type"), "a family without name or type")
        check(message.type in fields, f"{message.name}: the type {message.type}")
        kind = fields[message.type]
        family = Family(message.name, kind, message.help, message.unit)
        families.append(family)
        for metric in message.metric:
            has = [field.name for field, _ in metric.ListFields() if field.name not in ("label", "timestamp_ms")]
            check(has == [kind], f"{message.name}: a {kind} with {has}")
            labels = pairs(message.name, metric.label)
            time = metric.timestamp_ms if metric.HasField("timestamp_ms") else None
            {"summary": of_summary, "histogram": of_histogram}.get(kind, of_number)(
                family, labels, getattr(metric, kind), time
            )
    return families


def of_number(family, labels, of, time):
    labels = family.add(family.name, labels, of.value, time)
    if family.type == "counter" and of.HasField("exemplar"):
        add_exemplar(family, family.name, labels, of.exemplar)


def add_exemplar(family, name, labels, exemplar):
    has_timestamp = exemplar.HasField("timestamp")
    check(not has_timestamp or 0 <= exemplar.timestamp.nanos < 10**9, f"{name}: nanoseconds of an exemplar")
    family.exemplar(name, labels, pairs(name, exemplar.label), exemplar.value, has_timestamp)


def of_summary(family, labels, of, time):
    check("quantile" not in labels, f"{family.name}: quantile is a label of the format")
    for quantile in of.quantile:
        check(0 <= quantile.quantile <= 1, f"{family.name}: the quantile {quantile.quantile}")
        family.add(family.name, {**labels, "quantile": quantile.quantile}, quantile.value, time)
    family.add(family.name + "_sum", labels, of.sample_sum, time)
    family.add(family.name + "_count", labels, of.sample_count, time)


def of_histogram(family, labels, of, time):
    name = family.name
    check("le" not in labels, f"{name}: le is a label of the format")
    floats = ("sample_count_float", "zero_count_float", "negative_count", "positive_count")
    has = [field.name for field, _ in of.ListFields()]
    check(not any(field in has for field in floats), f"{name}: counts that are floats")
    for bucket in of.bucket:
        check(not bucket.HasField("cumulative_count_float"), f"{name}: counts that are floats")
        at = family.add(name + "_bucket", {**labels, "le": bucket.upper_bound}, bucket.cumulative_count, time)
        if bucket.HasField("exemplar"):
            add_exemplar(family, name + "_bucket", at, bucket.exemplar)
    counts = [bucket.cumulative_count for bucket in of.bucket]
    # Here, and not only as floats: these are exact.
    check(counts == sorted(counts), f"{name} {labels}: buckets that fall: {counts}")
    check(of.bucket and of.bucket[-1].upper_bound == math.inf, f"{name} {labels}: the last bucket is not +Inf")
    check(counts[-1] == of.sample_count, f"{name} {labels}: the bucket +Inf has {counts[-1]} of {of.sample_count}")
    family.add(name + "_sum", labels, of.sample_sum, time)
    labels = family.add(name + "_count", labels, of.sample_count, time)
    # They belong to no bucket.
    for exemplar in of.exemplars:
        check(exemplar.HasField("timestamp"), f"{name}: an exemplar of a native histogram without a time")
        add_exemplar(family, name + "_count", labels, exemplar)
    if not of.HasField("schema"):
        parts = ("zero_threshold", "zero_count", "exemplars")
        parts += ("positive_span", "positive_delta", "negative_span", "negative_delta")
        check(not any(part in has for part in parts), f"{name}: parts of a native histogram, and no schema")
        return
    # A server takes it for a classic one otherwise.
    check(of.positive_span or of.negative_span or of.zero_threshold > 0, f"{name}: nothing says that it is native")
    check(-4 <= of.schema <= 8 and of.zero_threshold >= 0, f"{name}: the schema {of.schema}")
    native = {"schema": of.schema, "count": of.sample_count, "sum": number(of.sample_sum)}
    native.update(zero_count=of.zero_count, zero_threshold=of.zero_threshold)
    native["buckets"], all_ = spans(name, of.positive_span, of.positive_delta)
    negative, more = spans(name, of.negative_span, of.negative_delta)
    if negative:
        native["negative_buckets"] = negative
    found = all_ + more + of.zero_count
    check(found == of.sample_count, f"{name} {labels}: native buckets of {found} of {of.sample_count}")
    family.native.append([labels, native])


def spans(name, spans_, deltas):
    """How many observations each bucket has, and all."""
    check(sum(span.length for span in spans_) == len(deltas), f"{name}: spans of other buckets than there are deltas")
    buckets, at, count, deltas = {}, 0, 0, iter(deltas)
    for place, span in enumerate(spans_):
        check(place == 0 or span.offset >= 0, f"{name}: the span {place} goes back")
        at += span.offset
        for _ in range(span.length):
            count += next(deltas)
            check(count >= 0, f"{name}: the native bucket {at} has {count}")
            if count:
                buckets[str(at)] = count
            at += 1
    return buckets, sum(buckets.values())


# JSON.


def json_number(value):
    if isinstance(value, str):
        if value in ("NaN", "+Inf", "-Inf"):
            return float(value)
        is_large = re.fullmatch("-?[1-9][0-9]*", value) and abs(int(value)) > SAFE
        check(is_large, f"{value!r} is no number that needs a string")
        return int(value)
    check(type(value) in (int, float), f"{value!r} is no number")
    check(type(value) is float or abs(value) <= SAFE, f"{value} is rounded by JavaScript")
    check(math.isfinite(value), f"{value} is not finite")
    return value


def has_keys(what, object_, needed, optional=()):
    check(isinstance(object_, dict), f"{what} is no object")
    check(set(needed) <= set(object_) <= set(needed) | set(optional), f"{what} has the keys {sorted(object_)}")
    return object_


def read_json(body):
    def pairs_(items):
        once("the key", [name for name, _ in items])
        return dict(items)

    def constant(word):
        raise Refused(f"{word} is not JSON")

    root = json.loads(body.decode("utf-8"), object_pairs_hook=pairs_, parse_constant=constant)
    families = []
    for of in has_keys("the body", root, ["families"])["families"]:
        has_keys("a family", of, ["name", "type", "help", "series"], ["unit"])
        name, kind = of["name"], of["type"]
        check(all(isinstance(of[part], str) for part in of if part != "series"), f"{name}: a text that is none")
        check(kind in ("counter", "gauge", "info", "histogram", "summary"), f"{name}: the type {kind}")
        check(of.get("unit") != "", f"{name}: an empty unit")
        check(not families or families[-1].name < name, f"{name}: families are not sorted")
        family = Family(name, kind, of["help"], of.get("unit", ""))
        families.append(family)
        values = {"histogram": ["buckets", "sum", "count"], "summary": ["quantiles", "sum", "count"]}
        values = values.get(kind, ["value"])
        for series in of["series"]:
            has_keys(name, series, ["labels", *values], ["timestamp_ms"])
            labels, time = series["labels"], series.get("timestamp_ms")
            check(all(isinstance(value, str) for value in labels.values()), f"{name}: a label that is no text")
            time = None if time is None else json_number(time)
            if "value" in series:
                family.add(name, labels, json_number(series["value"]), time)
                continue
            parts = {"buckets": ("_bucket", "le", "count"), "quantiles": ("", "quantile", "value")}
            suffix, label, value = parts[values[0]]
            check(label not in labels, f"{name}: {label} is a label of the format")
            for part in series[values[0]]:
                has_keys(name, part, [label, value])
                family.add(name + suffix, {**labels, label: json_number(part[label])}, json_number(part[value]), time)
            for part in ("sum", "count"):
                family.add(f"{name}_{part}", labels, json_number(series[part]), time)
    return families


FORMATS = {"text": read_text, "openmetrics": read_openmetrics, "protobuf": read_protobuf, "json": read_json}


def read(format, body):
    """The families of a body, in the one form. Raises `Refused` if it breaks a rule."""
    try:
        families = FORMATS[format](body)
    except Refused:
        raise
    # Parsers end with all kinds of errors.
    except Exception as error:
        raise Refused(f"{type(error).__name__}: {error}") from error
    once("the family", [family.name for family in families])
    for family in families:
        family.check()
    owners = {}
    for family in families:
        for sample in family.samples:
            owner = owners.setdefault(key(sample[0], sample[1]), family.name)
            check(owner == family.name, f"{sample[0]} {sample[1]} stands in {owner} and in {family.name}")
    return sorted((family.form() for family in families), key=lambda form: form["name"])


# Comparing.


def may_lack(family, name, labels, value):
    """A sum that may fall is none in OpenMetrics, nor is a quantile below zero: the rules by which a sample may be missing
    there."""
    if family["type"] == "summary" and name == family["name"]:
        return float(value) < 0
    sum_, count = family["name"] + "_sum", family["name"] + "_count"
    if name not in {"histogram": (sum_, count), "summary": (sum_,)}.get(family["type"], ()):
        return False
    sums = [float(value) for sample, of, value in family["samples"] if sample == sum_ and of == labels]
    bounds = [
        float(of["le"])
        for sample, of, _ in family["samples"]
        if sample == family["name"] + "_bucket" and {**labels, "le": of["le"]} == of
    ]
    return not all(value >= 0 for value in sums) or min(bounds, default=0) < 0


def differences(bodies):
    """What the formats do not agree on. The first of text, JSON and protobuf that is there is the measure."""
    reads = {format: {family["name"]: family for family in read(format, body)} for format, body in bodies.items()}
    order = [format for format in ("text", "json", "protobuf", "openmetrics") if format in reads]
    said = []
    for format in order[1:]:
        said += [f"{order[0]} and {format}: {what}" for what in against(reads[order[0]], reads[format], format)]
    for one, other in [("json", "protobuf"), ("json", "openmetrics"), ("protobuf", "openmetrics")]:
        if one not in reads or other not in reads:
            continue
        for name in sorted(reads[one].keys() & reads[other].keys()):
            a, b = reads[one][name], reads[other][name]
            said += [f"{one} and {other}: {name}: {what}" for what in units(a, b, other)]
            if one == "protobuf":
                said += [f"{one} and {other}: {name}: {what}" for what in exemplars(a, b)]
    return said


def against(measure, other, format):
    for name in sorted(measure.keys() ^ other.keys()):
        yield f"{name} is only in the {'first' if name in measure else 'second'}"
    for name in sorted(measure.keys() & other.keys()):
        a, b = measure[name], other[name]
        is_unknown = format == "openmetrics" and (a["type"], b["type"]) == ("counter", "untyped")
        if a["type"] != b["type"] and not is_unknown:
            yield f"{name}: type {a['type']} and {b['type']}"
        if a["help"] != b["help"]:
            yield f"{name}: help {a['help']!r} and {b['help']!r}"
        for part in ("samples", "timestamps"):
            x, y = ({key(*row[:2]): row for row in family.get(part, [])} for family in (a, b))
            for series in sorted(x.keys() | y.keys()):
                if series not in y:
                    if format != "openmetrics" or not may_lack(a, *x[series]):
                        yield f"{part}: {x[series]} is only in the first"
                elif series not in x:
                    yield f"{part}: {y[series]} is only in the second"
                elif x[series] != y[series]:
                    yield f"{part}: {series} is {x[series][2]} and {y[series][2]}"


def units(a, b, format):
    """OpenMetrics may have to leave one out."""
    if a["unit"] != b["unit"] and not (format == "openmetrics" and b["unit"] == ""):
        yield f"unit {a['unit']!r} and {b['unit']!r}"


def exemplars(a, b):
    """Of protobuf and OpenMetrics, where an `unknown` has none. Those of a native histogram are in no other format."""
    if b["type"] != "untyped":
        x = [row for row in a["exemplars"] if a["type"] == "counter" or row[0] != a["name"] + "_count"]
        yield from (f"exemplar {row} is only in the first" for row in x if row not in b["exemplars"])
        yield from (f"exemplar {row} is only in the second" for row in b["exemplars"] if row not in x)


# The test of this file. All four bodies are one registry.

NASTY = "\\ \" \n \r , } # é 雪 \\n"
ESCAPED = r"\\ \" \n " + "\r , } # é 雪 " + r"\\n"

TEXT = f"""\
# HELP build_info About.
# TYPE build_info gauge
build_info{{version="1"}} 1
# HELP change A sum that falls.
# TYPE change histogram
change_bucket{{le="-1"}} 1
change_bucket{{le="+Inf"}} 2
change_sum -3
change_count 2
# HELP jobs A name without the end of a counter.
# TYPE jobs counter
jobs 18446744073709551615
# HELP lat_seconds Time.
# TYPE lat_seconds histogram
lat_seconds_bucket{{q="a",le="1"}} 2
lat_seconds_bucket{{q="a",le="1e+06"}} 5
lat_seconds_bucket{{q="a",le="+Inf"}} 6
lat_seconds_sum{{q="a"}} 1000007
lat_seconds_count{{q="a"}} 6
# HELP level \\\\ "and"\\nmore
# TYPE level gauge
level{{text="{ESCAPED}"}} NaN
level{{text=""}} +Inf
level{{text="-"}} -Inf 1500
# HELP page_seconds{" "}
# TYPE page_seconds summary
page_seconds{{quantile="0.5"}} NaN
page_seconds_sum NaN
page_seconds_count 0
# HELP work_seconds_total Work.
# TYPE work_seconds_total counter
work_seconds_total{{text="{ESCAPED}"}} 1.5
"""

OPENMETRICS = f"""\
# TYPE build info
# HELP build About.
build_info{{version="1"}} 1
# TYPE change histogram
# HELP change A sum that falls.
change_bucket{{le="-1.0"}} 1
change_bucket{{le="+Inf"}} 2
# TYPE jobs unknown
# HELP jobs A name without the end of a counter.
jobs 18446744073709551615
# TYPE lat_seconds histogram
# UNIT lat_seconds seconds
# HELP lat_seconds Time.
lat_seconds_bucket{{q="a",le="1.0"}} 2 # {{id="é,}}"}} 0.5 1.5
lat_seconds_bucket{{q="a",le="1e+06"}} 5
lat_seconds_bucket{{q="a",le="+Inf"}} 6
lat_seconds_sum{{q="a"}} 1000007.0
lat_seconds_count{{q="a"}} 6
# TYPE level gauge
# HELP level \\\\ \\"and\\"\\nmore
level{{text="{ESCAPED}"}} NaN
level{{text=""}} +Inf
level{{text="-"}} -Inf 1.500
# TYPE page_seconds summary
# UNIT page_seconds seconds
# HELP page_seconds{" "}
page_seconds{{quantile="0.5"}} NaN
page_seconds_count 0
# TYPE work_seconds counter
# UNIT work_seconds seconds
# HELP work_seconds Work.
work_seconds_total{{text="{ESCAPED}"}} 1.5 # {{}} 1.0
# EOF
"""

JSON = r"""{"families":[
{"name":"build_info","type":"info","help":"About.","series":[{"labels":{"version":"1"},"value":1}]},
{"name":"change","type":"histogram","help":"A sum that falls.","series":[
  {"labels":{},"buckets":[{"le":-1,"count":1},{"le":"+Inf","count":2}],"sum":-3,"count":2}]},
{"name":"jobs","type":"counter","help":"A name without the end of a counter.","series":[
  {"labels":{},"value":"18446744073709551615"}]},
{"name":"lat_seconds","type":"histogram","help":"Time.","unit":"seconds","series":[{"labels":{"q":"a"},
  "buckets":[{"le":1,"count":2},{"le":1e+06,"count":5},{"le":"+Inf","count":6}],"sum":1.000007e+06,"count":6}]},
{"name":"level","type":"gauge","help":"\\ \"and\"\nmore","series":[{"labels":{"text":NASTY},"value":"NaN"},
  {"labels":{"text":""},"value":"+Inf"},{"labels":{"text":"-"},"value":"-Inf","timestamp_ms":1500}]},
{"name":"page_seconds","type":"summary","help":"","unit":"seconds","series":[
  {"labels":{},"quantiles":[{"quantile":0.5,"value":"NaN"}],"sum":"NaN","count":0}]},
{"name":"work_seconds_total","type":"counter","help":"Work.","unit":"seconds","series":[
  {"labels":{"text":NASTY},"value":1.5}]}
]}""".replace("NASTY", json.dumps(NASTY))

# In protobuf's own text form, a line a family.
PROTOBUF = r"""
name: "build_info" type: GAUGE help: "About." metric { label { name: "version" value: "1" } gauge { value: 1 } }
name: "change" type: HISTOGRAM help: "A sum that falls." metric { histogram { sample_count: 2 sample_sum: -3 bucket { cumulative_count: 1 upper_bound: -1 } bucket { cumulative_count: 2 upper_bound: inf } } }
name: "jobs" type: COUNTER help: "A name without the end of a counter." metric { counter { value: 18446744073709551615 } }
name: "lat_seconds" type: HISTOGRAM help: "Time." unit: "seconds" metric { label { name: "q" value: "a" } histogram { sample_count: 6 sample_sum: 1000007 bucket { cumulative_count: 2 upper_bound: 1 exemplar { label { name: "id" value: "é,}" } value: 0.5 timestamp { seconds: 1 nanos: 500000000 } } } bucket { cumulative_count: 5 upper_bound: 1e6 } bucket { cumulative_count: 6 upper_bound: inf } schema: 3 zero_threshold: 1e-9 zero_count: 1 positive_span { offset: -2 length: 3 } positive_span { offset: 5 length: 1 } positive_delta: 1 positive_delta: -1 positive_delta: 2 positive_delta: 0 exemplars { value: 0.5 timestamp { seconds: 1 } } } }
name: "level" type: GAUGE help: "\\ \"and\"\nmore" metric { label { name: "text" value: NASTY } gauge { value: nan } } metric { label { name: "text" value: "" } gauge { value: inf } } metric { label { name: "text" value: "-" } gauge { value: -inf } timestamp_ms: 1500 }
name: "page_seconds" type: SUMMARY help: "" unit: "seconds" metric { summary { sample_count: 0 sample_sum: nan quantile { quantile: 0.5 value: nan } } }
name: "work_seconds_total" type: COUNTER help: "Work." unit: "seconds" metric { label { name: "text" value: NASTY } counter { value: 1.5 exemplar { value: 1 } } }
""".replace("NASTY", json.dumps(NASTY, ensure_ascii=False))


def delimited(messages_):
    """Written by hand, a byte after the other."""
    out = b""
    for message in messages_:
        length, bytes_ = len(message), b""
        while length >= 0x80:
            bytes_, length = bytes_ + bytes([length & 0x7F | 0x80]), length >> 7
        out += bytes_ + bytes([length]) + message
    return out


def protobuf(texts):
    from google.protobuf import text_format

    pb = schema()
    return delimited(text_format.Parse(text, pb.MetricFamily()).SerializeToString() for text in texts.strip().split("\n"))


def histogram(body):
    return protobuf('name: "h" type: HISTOGRAM metric { histogram { %s } }' % body)


INF = "bucket { cumulative_count: %d upper_bound: inf }"

BROKEN = {
    "text": [
        'a{b="c} 1\n',
        "# TYPE a gauge\na 1",
        "# TYPE a gauge\na 1\na 1\n",
        "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na 2\n",
        "# TYPE a sort\na 1\n",
        "# TYPE a info\na 1\n",
        "# TYPE a gauge\na one\n",
        "# TYPE a counter\na_total 1\na_created 1\n",
        '# TYPE a histogram\na_bucket{le="1"} 3\na_bucket{le="+Inf"} 2\na_sum 1\na_count 2\n',
        '# TYPE a histogram\na_bucket{le="1"} 1\na_bucket{le="+Inf"} 2\na_sum 1\na_count 3\n',
        '# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n',
        '# TYPE a gauge\na{b:c="1"} 1\n',
        '# TYPE a gauge\na{__b="1"} 1\n',
        b"# TYPE a gauge\na{b=\"\xff\"} 1\n",
    ],
    "openmetrics": [
        "# TYPE a gauge\na 1\n",
        "# TYPE a gauge\na 1\na 1\n# EOF\n",
        "# TYPE a counter\na 1\n# EOF\n",
        "# TYPE a counter\na_total 1\na_created 1\n# EOF\n",
        "# TYPE a counter\na_total -1\n# EOF\n",
        "# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n",
        "# TYPE a gauge\na 1 # {} 1\n# EOF\n",
        '# TYPE a histogram\na_bucket{le="1.0"} 1\na_bucket{le="+Inf"} 2\na_sum 1.0\na_count 3\n# EOF\n',
        "# TYPE a counter\na_total 1\n# TYPE a gauge\na 1\n# EOF\n",
        "# TYPE a gauge\na 1\n# EOF\nmore\n",
    ],
    "json": [
        "",
        "{}",
        '{"families":[]}x',
        '{"families":[{"name":"a","type":"gauge","help":"","series":[{"labels":{},"value":NaN}]}]}',
        '{"families":[{"name":"a","type":"gauge","help":"","series":[{"labels":{},"value":9007199254740992}]}]}',
        '{"families":[{"name":"a","type":"gauge","help":"","series":[{"labels":{},"value":"1"}]}]}',
        '{"families":[{"name":"a","type":"gauge","help":"","series":[{"labels":{},"value":1},{"labels":{},"value":1}]}]}',
        '{"families":[{"name":"a","type":"gauge","help":"","series":[{"labels":{"b":"1","b":"2"},"value":1}]}]}',
        '{"families":[{"name":"b","type":"gauge","help":"","series":[]},{"name":"a","type":"gauge","help":"","series":[]}]}',
        '{"families":[{"name":"a","type":"histogram","help":"","series":[{"labels":{},"buckets":[],"sum":0,"count":0}]}]}',
    ],
    "protobuf": [
        b"\x05\x0a",
        b"\x80",
        b"\x06\x0a\x01a\x18\x01\x22",
        # A family `a` with a field 9.
        b"\x07\x0a\x01a\x18\x01\x48\x01",
        # A family `a` without a type.
        b"\x03\x0a\x01a",
        'name: "a" type: GAUGE metric { counter { value: 1 } }',
        'name: "a" type: GAUGE metric { gauge { value: 1 } } metric { gauge { value: 1 } }',
        'name: "a" type: GAUGE metric { label { name: "b" value: "1" } label { name: "b" value: "2" } gauge { value: 1 } }',
        'name: "a" type: GAUGE\nname: "a" type: GAUGE',
        'name: "a-b" type: GAUGE',
    ],
    "histograms": [
        "sample_count: 2",
        "sample_count: 2 " + INF % 1,
        "sample_count: 2 bucket { cumulative_count: 2 upper_bound: 1 }",
        "sample_count: 2 bucket { cumulative_count: 3 upper_bound: 1 } " + INF % 2,
        "sample_count: 2 bucket { upper_bound: 2 } bucket { upper_bound: 1 } " + INF % 2,
        "sample_count: 2 schema: 3 zero_count: 1 positive_span { length: 1 } positive_delta: 2 " + INF % 2,
        "sample_count: 2 schema: 3 positive_span { length: 2 } positive_delta: 2 " + INF % 2,
        "sample_count: 2 schema: 3 positive_span { length: 2 } positive_delta: 3 positive_delta: -4 " + INF % 2,
        "sample_count: 0 schema: 3 " + INF % 0,
        "sample_count: 2 positive_span { length: 1 } positive_delta: 2 " + INF % 2,
    ],
}


def selftest():
    bodies = {"text": TEXT.encode(), "openmetrics": OPENMETRICS.encode(), "json": JSON.encode()}
    bodies["protobuf"] = protobuf(PROTOBUF)
    assert differences(bodies) == [], differences(bodies)
    families = {family["name"]: family for family in read("protobuf", bodies["protobuf"])}
    assert families["jobs"]["samples"] == [["jobs", {}, "1.8446744073709552e+19"]]
    assert [NASTY in of.values() for _, of, _ in families["level"]["samples"]].count(True) == 1
    assert [value for _, of, value in families["level"]["samples"] if not of] == ["inf"]
    assert families["level"]["help"] == '\\ "and"\nmore'
    buckets = families["lat_seconds"]["native"][0][1]["buckets"]
    assert buckets == {"-2": 1, "0": 2, "6": 2}, buckets
    exemplar = ["lat_seconds_bucket", {"le": "1.0", "q": "a"}, {"id": "é,}"}, "0.5", True]
    for format in ("protobuf", "openmetrics"):
        exemplars = [f["exemplars"] for f in read(format, bodies[format]) if f["name"] == "lat_seconds"][0]
        assert exemplar in exemplars, exemplars
    # A family `a` byte by byte: a gauge without a value is 0.
    gauge = b"\x09\x0a\x01a\x18\x01\x22\x02\x12\x00"
    assert read("protobuf", gauge)[0]["samples"] == [["a", {}, "0.0"]]

    for format, broken in BROKEN.items():
        for body in broken:
            if format == "histograms":
                reader, whole = "protobuf", histogram(body)
            elif isinstance(body, str):
                reader, whole = format, protobuf(body) if format == "protobuf" else body.encode()
            else:
                reader, whole = format, body
            try:
                read(reader, whole)
            except Refused:
                continue
            raise AssertionError(f"{format}: {body!r} was not refused")
    # Each of them alone is a difference.
    for format, old, new in [
        ("openmetrics", "change_bucket{le=\"-1.0\"} 1", "change_bucket{le=\"-1.0\"} 2"),
        ("openmetrics", "page_seconds_count 0\n", ""),
        ("openmetrics", "lat_seconds_sum{q=\"a\"} 1000007.0\nlat_seconds_count{q=\"a\"} 6\n", ""),
        ("openmetrics", "# UNIT lat_seconds seconds\n# HELP lat_seconds Time.", "# HELP lat_seconds Tim."),
        ("openmetrics", " # {} 1.0", ""),
        ("openmetrics", "0.5 1.5", "0.5"),
        ("openmetrics", " 1.500\n", "\n"),
        ("openmetrics", "# TYPE level gauge", "# TYPE level unknown"),
        ("json", '"unit":"seconds","series":[{"labels":{"q"', '"series":[{"labels":{"q"'),
        ("json", '"value":1.5', '"value":1.25'),
        ("json", '"type":"info"', '"type":"counter"'),
        ("text", 'build_info{version="1"} 1', 'build_info{version="2"} 1'),
        ("text", "# HELP jobs", "# HELP jobs_total"),
    ]:
        assert old.encode() in bodies[format], old
        changed = bodies[format].replace(old.encode(), new.encode(), 1)
        assert differences({**bodies, format: changed}), f"{format}: {new!r} for {old!r} is no difference"
    print(f"well: {sum(map(len, BROKEN.values()))} broken bodies were refused")
    return 0


def main(arguments):
    if arguments == ["selftest"]:
        return selftest()
    try:
        if arguments[:1] == ["compare"] and len(arguments) > 2:
            files = dict(argument.split("=", 1) for argument in arguments[1:])
            check(files.keys() <= FORMATS.keys(), f"formats are {', '.join(FORMATS)}")
            said = differences({format: Path(file).read_bytes() for format, file in files.items()})
            print("\n".join(said), file=sys.stderr) if said else None
            return 1 if said else 0
        if len(arguments) == 1 and arguments[0] in FORMATS:
            print(json.dumps(read(arguments[0], sys.stdin.buffer.read())))
            return 0
    except Refused as complaint:
        print(complaint, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
