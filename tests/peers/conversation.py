"""A conversation that every pygeoapi has to have in the same way: requests in order, and how two servers' answers are compared.

Played to a real pygeoapi and to the testbed's personality of that name, it shows that the one is like the other. It knows neither:
it is given an address, and speaks plain HTTP to it.
"""

import json
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

# The headers that a client can see the difference in.
HEADERS = ["Content-Type", "Content-Language", "Location", "Preference-Applied", "X-Powered-By", "Allow"]
ASYNC = {"Prefer": "respond-async"}
HELLO, WAIT, SHOUT = (f"/processes/{id}/execution" for id in ["hello-world", "wait", "shout"])
WORLD = {"inputs": {"name": "World"}}


@dataclass
class Ask:
    """A request, the status that has to come back, and how closely the bodies of two servers have to agree.

    `like` is "value" for equal JSON, once addresses, ids and dates are put aside; "shape" for equal members and types, where a text
    belongs to one server; "paths" for an OpenAPI document. `names` keeps the job of a Location header for `{name}` in later paths.
    `until` repeats the request until the job has that status.
    """

    method: str
    path: str
    status: int
    body: object = None
    headers: dict = field(default_factory=dict)
    like: str = "value"
    names: str | None = None
    until: str | None = None

    def __str__(self):
        body = "" if self.body is None else " " + (self.body if isinstance(self.body, str) else json.dumps(self.body))
        return " ".join([self.method, self.path, *(f"[{name}: {value}]" for name, value in self.headers.items())]) + body


CONVERSATION = [
    # What there is.
    Ask("GET", "/", 200),
    Ask("GET", "/conformance", 200),
    Ask("GET", "/openapi", 200, like="paths"),
    Ask("GET", "/api", 404),
    Ask("GET", "/processes", 200),
    Ask("GET", "/processes?f=json&limit=1", 200),
    Ask("GET", "/processes?limit=0", 400),
    Ask("GET", "/processes?limit=many", 400),
    Ask("GET", "/processes?f=xml", 400),
    Ask("GET", "/processes/hello-world", 200),
    Ask("GET", "/processes/nope", 404),
    Ask("GET", "/processes/hello-world/package", 404),
    Ask("GET", "/nothing", 404),
    Ask("HEAD", "/processes", 200),
    # Nothing can be deployed.
    Ask("POST", "/processes", 405, body={"executionUnit": {}}),
    Ask("PUT", "/processes/hello-world", 405, body={"executionUnit": {}}),
    Ask("DELETE", "/processes/hello-world", 405),
    Ask("GET", HELLO, 405),
    Ask("POST", "/jobs", 405, body={}),
    Ask("OPTIONS", HELLO, 200),
    # At once.
    Ask("GET", "/jobs", 200),
    Ask("POST", HELLO, 200, body=WORLD, names="first"),
    Ask("GET", "/jobs/{first}", 200),
    Ask("POST", "/jobs/{first}", 405, body={}),
    Ask("OPTIONS", "/jobs/{first}", 200),
    Ask("POST", HELLO, 200, body={**WORLD, "response": "raw"}),
    Ask("POST", HELLO, 200, body={**WORLD, "response": "document"}),
    Ask("POST", HELLO, 200, body={**WORLD, "outputs": {"echo": {"transmissionMode": "reference"}}}),
    Ask("POST", HELLO, 200, body={**WORLD, "outputs": {"nope": {}}}),
    Ask("POST", HELLO, 200, body={**WORLD, "outputs": {}}),
    Ask("POST", HELLO, 200, body={"inputs": {"name": "World", "unknown": 3}}),
    Ask("POST", HELLO, 200, body={"inputs": {"name": 3}}),
    Ask("POST", HELLO, 200, body=WORLD, headers={"Prefer": "respond-async;return=representation"}),
    Ask("POST", HELLO, 200, body=WORLD, headers={"Prefer": "respond-async, return=minimal"}),
    Ask("POST", HELLO, 200, body=WORLD, headers={"Prefer": "wait"}),
    Ask("POST", HELLO, 200, body=WORLD, headers={"Content-Type": "text/plain"}),
    # What cannot be run.
    Ask("POST", HELLO, 400, body={"inputs": {}}, like="shape"),
    Ask("POST", HELLO, 400, body={"inputs": {}, "response": "document"}, like="shape"),
    Ask("POST", HELLO, 400, body=""),
    Ask("POST", HELLO, 400, body="no JSON"),
    Ask("POST", HELLO, 500, body="[]"),
    Ask("POST", HELLO, 400, body={**WORLD, "subscriber": {"failedUri": "http://127.0.0.1/"}}),
    Ask("POST", "/processes/nope/execution", 404, body={"inputs": {}}),
    # As a job.
    Ask("POST", HELLO, 201, body=WORLD, headers=ASYNC, names="hello"),
    Ask("GET", "/jobs/{hello}", 200, until="successful"),
    Ask("GET", "/jobs/{hello}", 200, headers={"Accept": "application/json"}),
    Ask("GET", "/jobs/{hello}/results?f=json", 200),
    Ask("GET", "/jobs/{hello}/results", 200, headers={"Accept": "application/json"}),
    Ask("GET", "/jobs/{hello}/results?f=json&outputs=nope", 200),
    Ask("GET", "/jobs/{hello}/results/echo", 404),
    Ask("POST", HELLO, 201, body={**WORLD, "response": "document"}, headers=ASYNC, names="document"),
    Ask("GET", "/jobs/{document}", 200, until="successful"),
    Ask("GET", "/jobs/{document}/results?f=json", 200),
    Ask("POST", HELLO, 201, body={"inputs": {}}, headers=ASYNC, names="failed"),
    Ask("GET", "/jobs/{failed}", 200, until="failed", like="shape"),
    Ask("GET", "/jobs/{failed}/results?f=json", 400),
    # The list, page by page; it knows no other parameters.
    Ask("GET", "/jobs", 200, like="shape"),
    Ask("GET", "/jobs?limit=2", 200),
    Ask("GET", "/jobs?limit=2&offset=1", 200),
    Ask("GET", "/jobs?limit=2&status=failed&processID=wait", 200),
    Ask("GET", "/jobs?limit=3&offset=100", 200),
    Ask("GET", "/jobs?limit=0", 400),
    Ask("GET", "/jobs?limit=many", 400),
    Ask("GET", "/jobs?offset=-1", 400),
    Ask("GET", "/jobs?offset=many", 400),
    # One that takes its time.
    Ask("POST", WAIT, 201, body={"inputs": {"seconds": 1}}, headers=ASYNC, names="wait"),
    Ask("GET", "/jobs/{wait}", 200),
    Ask("GET", "/jobs/{wait}/results?f=json", 404),
    Ask("GET", "/jobs/{wait}", 200, until="successful"),
    Ask("GET", "/jobs/{wait}/results?f=json", 200),
    # Dismissed while it runs, and after it has ended.
    Ask("POST", WAIT, 201, body={"inputs": {"seconds": 1}}, headers=ASYNC, names="dismissed"),
    Ask("DELETE", "/jobs/{dismissed}", 200),
    Ask("GET", "/jobs/{dismissed}", 404),
    Ask("GET", "/jobs/{dismissed}/results", 404),
    Ask("DELETE", "/jobs/{dismissed}", 404),
    Ask("DELETE", "/jobs/{wait}", 200),
    Ask("DELETE", "/jobs/{wait}", 404),
    # A result that is not JSON.
    Ask("POST", SHOUT, 200, body={"inputs": {"text": "hey"}}),
    Ask("POST", SHOUT, 201, body={"inputs": {"text": "hey"}}, headers=ASYNC, names="shout"),
    Ask("GET", "/jobs/{shout}", 200, until="successful"),
    Ask("GET", "/jobs/{shout}/results?f=json", 200),
    Ask("GET", "/jobs/{shout}/results", 200),
]


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: str

    @classmethod
    def of(cls, response):
        headers = {name.title(): value for name, value in response.headers.items()}
        return cls(response.status, headers, response.read().decode())


def answer(base, method, path, headers, body):
    """One request, directly and without following anything."""
    data = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
    headers = ({} if data is None else {"Content-Type": "application/json"}) | headers
    request = urllib.request.Request(base + path, method=method, data=data, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as response:
            return Answer.of(response)
    except urllib.error.HTTPError as error:
        return Answer.of(error)


def play(base):
    """Every request, and the answer to it; a job's id comes out of the Location header, whatever host that names."""
    jobs = {}
    for ask in CONVERSATION:
        path = ask.path.format(**jobs)
        given = answer(base, ask.method, path, ask.headers, ask.body)
        deadline = time.monotonic() + 30
        while ask.until and json.loads(given.body)["status"] != ask.until and time.monotonic() < deadline:
            time.sleep(0.05)
            given = answer(base, ask.method, path, ask.headers, ask.body)
        if ask.names:
            jobs[ask.names] = given.headers.get("Location", "/missing").rsplit("/", 1)[1]
        yield ask, given


def comparable(ask, given, root):
    """What is left of an answer when what may differ is put aside; `root` is how the server begins its links."""
    def neutral(text):
        text = text.replace(root, "{root}")
        text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "{job}", text)
        return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "{date}", text)

    headers = {name: neutral(given.headers[name]) for name in HEADERS if name in given.headers}
    if "Allow" in headers:
        headers["Allow"] = sorted(headers["Allow"].split(", "))
    body = neutral(given.body)
    try:
        body = json.loads(body)
    except ValueError:
        body = body.strip()
    if ask.like == "shape":
        body = shape(body)
    elif ask.like == "paths":
        body = {path: sorted(operations) for path, operations in body["paths"].items() if path != "/collections"}
    return {"status": given.status, "headers": headers, "body": body}


def shape(value):
    """Names and types of a JSON document; of a list, the different ones among its elements."""
    match value:
        case dict():
            return {name: shape(member) for name, member in value.items()}
        case list():
            shapes = [shape(element) for element in value]
            return [one for index, one in enumerate(shapes) if one not in shapes[:index]]
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case None:
            return "null"
        case _:
            return "string"
