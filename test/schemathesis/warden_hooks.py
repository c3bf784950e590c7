"""Gives Schemathesis sessions that live, tags that hold and a reaper that is there, and counts the answers."""

import json
import os
import random
import urllib.request

import schemathesis

BASE = os.environ["WARDEN_URL"]
TALLY = os.environ["WARDEN_TALLY"]
SEEDED_USER = os.environ["WARDEN_SEEDED_USER"]
REAPER = os.environ["WARDEN_REAPER"]
CHANCE = random.Random(os.environ["WARDEN_SEED"])
KILL_CONNECTION = "DELETE /targets/{target}/sessions/{id}"
ASK = "POST /targets/{target}/approvals"
KILL_QUERY = KILL_CONNECTION + "/query"


def living(**filters):
    """Sessions of the seeded user that live now, as the API itself lists them."""
    query = "&".join(f"{name}={value}" for name, value in {"user": SEEDED_USER, "limit": 200, **filters}.items())
    with urllib.request.urlopen(f"{BASE}/targets/local/sessions?{query}", timeout=30) as answer:
        return json.load(answer)["sessions"]


def seed_one(case):
    """Asks about a session that lives; mostly with its tag, and so often with that of another that no run is without."""
    is_query = case.operation.label == KILL_QUERY
    sessions = living(command="Query") if is_query else living()
    if not sessions:
        return
    session = CHANCE.choice(sessions)
    case.path_parameters = {"target": "local", "id": session["id"]}
    if case.method != "DELETE" or CHANCE.random() < 0.3:
        return
    others = [one for one in sessions if one is not session]
    tagged = CHANCE.choice(others) if others and CHANCE.random() < 0.3 else session
    tag = tagged["statement"]["tag"] if is_query and tagged["statement"] else tagged["tag"]
    case.headers["If-Match"] = f'"{tag}"'


def seed_many(case):
    """Replaces the IDs of a body by those of sessions that live, each once."""
    kills = case.body.get("kills") if isinstance(case.body, dict) else None
    sessions = living()
    if not isinstance(kills, list) or not sessions:
        return
    chosen = CHANCE.sample(sessions, min(len(kills), len(sessions), 5))
    case.body = {
        **case.body,
        "kills": [{"id": one["id"], "kind": "connection", "tag": one["tag"]} for one in chosen],
    }


@schemathesis.hook
def before_call(context, case, kwargs):
    """Valid requests get to where something is; what a scenario found out by itself, and what is wrong on purpose, stays."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or meta.phase.name.value == "stateful":
        return
    label = case.operation.label
    # The coverage phase of Schemathesis 4.32 takes the number 0 for text that fits the pattern of an optional header.
    if "If-Match" in (case.headers or {}) and not case.headers["If-Match"].startswith('"'):
        del case.headers["If-Match"]
    if "target" in (case.path_parameters or {}):
        case.path_parameters = {**case.path_parameters, "target": "local"}
    if label == "POST /targets/{target}/reaps" and isinstance(case.body, dict):
        # What a condition may say is more than a schema can: durations with their units, patterns of RE2.
        rule = {"rule": {"match": {"user": SEEDED_USER, "idle": "1h"}}, "limit": 5, "reason": "seeded"}
        case.body = rule if "rule" in case.body else {**case.body, "reaper": REAPER}
    if label == ASK and isinstance(case.body, dict) and "rule" in case.body:
        case.body = {**case.body, "rule": {"match": {"user": SEEDED_USER, "idle": "1h"}}}
    if CHANCE.random() < 0.2:
        return
    if "{id}" in label:
        seed_one(case)
    elif label in ("POST /targets/{target}/kills", ASK):
        seed_many(case)


# Valid by the document and rightly refused: what only the server can know, or what a schema cannot say.
RIGHT = [
    # That nothing is ended when the tag stands for something else is what a tag is for.
    (412, "tag-mismatch", None),
    # A key that came with other content before is refused: else one of the two would not happen, and nobody knew.
    (422, "idempotency-key-reused", None),
    # A digest is bound to the rule, target and caller of its dry run; the document can only call it text.
    (400, "request-invalid", "Run the dry run again."),
    # A cursor is bound to the other parameters of the page that gave it; the document can only call it text.
    (400, "request-invalid", "cursor: it is not one that a page gave."),
    (400, "request-invalid", "cursor: it belongs to another query; start again without a cursor."),
    # JSON Schema knows items that are equal, not items with the same `id` and `kind`.
    (400, "request-invalid", "is there twice."),
    # OpenAPI has no parameters that exclude each other.
    (400, "request-invalid", "cursor: an order by time has one page. Sort by ID for more."),
    (400, "request-invalid", "goes with one page of sessions, not with groupBy."),
]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Drops what `positive_data_acceptance` finds, and nothing else, where the refusal is one of those above."""
    if "positive_data_acceptance" not in type(failure).checks:
        return True
    try:
        problem = json.loads(response.content)
    except ValueError:
        return True
    # A record without a session has a null ID, and Schemathesis follows it as the text "None".
    if "/None" in str(problem.get("instance")):
        return False
    # What a condition may say is more than a schema can; scenarios make their own rules.
    if problem.get("code") == "request-invalid" and str(problem.get("detail")).startswith("rule."):
        return False
    return not any(
        response.status_code == status
        and problem.get("code") == code
        and (end is None or str(problem.get("detail")).endswith(end))
        for status, code, end in RIGHT
    )


@schemathesis.hook
def after_call(context, case, response):
    with open(TALLY, "a", encoding="utf-8") as tally:
        tally.write(f"{response.status_code} {case.method} {case.operation.path}\n")
