#!/usr/bin/env python3
"""The calls of the five labs, made by the Python client that the tutorial uses, against the testbed.

`ogc-api-processes-client` makes every call that it knows, `requests` the others; both under the documented addresses, through the
testbed's proxy. Prints a line a call, and exits non-zero when one ends otherwise than it should. What the Python client is known to
get wrong is listed as such, with the reason, and is unexpected as soon as it no longer happens.
"""

import os
import sys
import time

from testbed import testbed
from virtual_environment import PEERS, ROOT, version_of, virtual_environment

SCENARIO = ROOT / "crates/eoap-testbed/scenarios/water-bodies"
ENDPOINT = "http://zoo-project-dru-service/acme/ogc-api"
ITEMS = "https://planetarycomputer.microsoft.com/api/stac/v1/collections/landsat-c2-l2/items"
# Out of the server's reach in the recorded run.
PACKAGE = ("https://github.com/eoap/mastering-app-package/releases/download/1.0.0/"
           "app-water-bodies-cloud-native.1.0.0.cwl")
INPUTS = {
    "stac_items": [f"{ITEMS}/LC08_L2SP_044032_20231208_02_T1", f"{ITEMS}/LC08_L2SP_043033_20231201_02_T1"],
    "aoi": "-121.399,39.834,-120.74,40.472",
    "epsg": "EPSG:4326",
    "bands": ["green", "nir08"],
}
# Word for word what the tutorial sends.
HEADERS = {"accept": "*/*", "Prefer": "respond-async;return=representation", "Content-Type": "application/json"}


class Table:
    """What was called and what came of it."""

    def __init__(self):
        self.unexpected = 0
        self.lab = ""

    def line(self, mark, call, outcome):
        print(f"{self.lab:20} {mark:12} {call:58} {outcome}", flush=True)

    def call(self, call, function):
        """A call that has to work; what it gives is its outcome, or a pair of outcome and value."""
        try:
            outcome = function()
        except Exception as error:
            self.unexpected += 1
            self.line("UNEXPECTED", call, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
            return None
        outcome, value = outcome if isinstance(outcome, tuple) else (outcome, outcome)
        self.line("ok", call, outcome)
        return value

    def refused(self, call, function, error, status):
        """A call to which the server has to say no."""
        def refusal():
            try:
                given = function()
            except error as refused:
                assert refused.status == status, f"{refused.status} where {status} is right"
                return f"{type(refused).__name__} {refused.status}"
            raise AssertionError(f"not refused: {given}")
        self.call(call, refusal)

    def defect(self, call, function, error, why):
        """A call that the Python client is known to get wrong: it raises this error, for this reason."""
        try:
            given = function()
        except error as raised:
            self.line("known defect", call, f"{type(raised).__name__}: {why}")
        except Exception as other:
            self.unexpected += 1
            self.line("UNEXPECTED", call, f"{type(other).__name__} where {error.__name__} is known: {' '.join(str(other).split())[:200]}")
        else:
            self.unexpected += 1
            self.line("UNEXPECTED", call, f"no longer a defect, it gives {str(given)[:100]!r}")


def expect(response, status, title=None):
    """The status that has to come back, and the exception's title."""
    assert response.status_code == status, f"{response.status_code} where {status} is right: {response.text[:300]}"
    if title is not None:
        assert response.json()["title"] == title, response.text
    return f"{status} {title}" if title else str(status)


def same(one, other):
    assert one == other, f"{one!r} where {other!r} is right"


def deploy(table, client, requests):
    """01: the client knows nothing of Part 2, so `requests` makes these calls, as in the tutorial."""
    table.lab = "01 deploy"
    processes, process = f"{ENDPOINT}/processes", f"{ENDPOINT}/processes/water-bodies"
    cwl = (SCENARIO / "processes/water-bodies/package.cwl").read_text()
    reference = {"executionUnit": {"href": PACKAGE, "type": "application/cwl"}}

    def post(content_type, **body):
        return requests.post(f"{processes}?w=water-bodies", headers={"Content-Type": content_type}, **body)

    def deployed():
        answer = post("application/cwl+yaml", data=cwl.encode())
        outcome = expect(answer, 201)
        same(answer.headers["Location"], process)
        summary = answer.json()
        same((summary["id"], summary["mutable"], summary["version"]), ("water-bodies", True, "1.0.0"))
        same(summary["jobControlOptions"], ["async-execute", "dismiss"])
        return f"{outcome}, {summary['title']!r} at Location"

    def duplicate():
        answer = post("application/cwl+yaml", data=cwl.encode())
        outcome = expect(answer, 409, "DuplicatedProcess")
        same(answer.headers["Location"], process)
        return outcome

    def package():
        answer = requests.get(f"{process}/package", headers={"Accept": "application/cwl+yaml"})
        outcome = expect(answer, 200)
        same(answer.text, cwl)
        return f"{outcome}, what was deployed"

    table.call("requests: list", lambda: expect(requests.get(processes), 200))
    table.call("requests: undeploy", lambda: expect(requests.delete(process), 204))
    table.call("requests: undeploy again", lambda: expect(requests.delete(process), 404, "NoSuchProcess"))
    table.call("requests: deploy by reference, which fails as recorded",
               lambda: expect(post("application/ogcapppkg+json", json=reference), 500, "NoApplicableCode"))
    table.call("requests: deploy an unknown media type",
               lambda: expect(post("text/plain", data=b"cwl"), 415, "UnsupportedMediaType"))
    table.call("requests: deploy CWL", deployed)
    table.call("requests: deploy it again", duplicate)
    table.call("requests: package", package)
    table.call("requests: package as application/json",
               lambda: expect(requests.get(f"{process}/package", headers={"Accept": "application/json"}), 406, "NotAcceptable"))
    table.call("requests: undeploy what is built in",
               lambda: expect(requests.delete(f"{processes}/echo"), 403, "ImmutableProcess"))


def list_processes(table, client, requests):
    """02"""
    table.lab = "02 list"

    def landing():
        rels = [link.rel.rsplit("/", 1)[-1] for link in client.get_landing_page().links]
        assert {"self", "service-desc", "conformance", "processes", "job-list"} <= set(rels), rels
        return f"{len(rels)} links"

    def conformance():
        classes = client.get_conformance_classes().conforms_to
        assert any(name.endswith("ogcapi-processes-2/1.0/conf/deploy-replace-undeploy") for name in classes), classes
        return f"{len(classes)} classes, deploy-replace-undeploy among them"

    def processes():
        ids = [process.id for process in client.get_processes().processes]
        same(ids, ["echo", "water-bodies"])
        same(requests.get(f"{ENDPOINT}/processes").json()["numberTotal"], 2)
        return ", ".join(ids)

    table.call("client: get_landing_page", landing)
    table.call("client: get_conformance_classes", conformance)
    table.call("client: get_processes", processes)
    table.defect("client: get_processes().numberTotal", lambda: client.get_processes().number_total, AttributeError,
                 "the model drops members that the standard does not name")


def describe(table, client, requests, exceptions):
    """03"""
    table.lab = "03 describe"
    raw = requests.get(f"{ENDPOINT}/processes/water-bodies").json()

    def description():
        process = client.get_process_description("water-bodies")
        same((process.id, process.version), ("water-bodies", "1.0.0"))
        same(sorted(process.inputs), ["aoi", "bands", "epsg", "stac_items"])
        same(list(process.outputs), ["stac_catalog"])
        return f"{', '.join(process.inputs)} → {', '.join(process.outputs)}"

    def author():
        same([entry.value for entry in client.get_process_description("water-bodies").metadata],
             [entry["value"] for entry in raw["metadata"]])

    table.call("client: get_process_description", description)
    table.defect("client: get_process_description().mutable", lambda: client.get_process_description("water-bodies").mutable,
                 AttributeError, "the model drops members that Part 1 does not name")
    table.defect("client: get_process_description().metadata[].value", author, AttributeError,
                 "the model of metadata has title, role and href only")
    table.refused("client: get_process_description of an unknown one", lambda: client.get_process_description("nope"),
                  exceptions.NotFoundException, 404)


def execute(table, client, requests, exceptions):
    """04, as the tutorial has it: submit, poll, results."""
    from ogc_api_processes_client.models.status_code import StatusCode
    from ogc_api_processes_client.models.status_info import StatusInfo
    from pystac import ItemCollection
    table.lab = "04 execute, monitor"

    def submit():
        status = client.execute_simple("water-bodies", {"inputs": INPUTS}, _headers=HEADERS)
        same(status.status, StatusCode.RUNNING)
        monitor = next(link.href for link in status.links if link.rel == "monitor")
        same(monitor, f"{ENDPOINT}/jobs/{status.job_id}")
        return f"running, {status.job_id}", status.job_id

    def monitor():
        seen = []
        while not seen or seen[-1] not in (StatusCode.SUCCESSFUL, StatusCode.FAILED):
            seen.append(client.get_status(job).status)
            time.sleep(0.01)
        same(seen, [StatusCode.RUNNING] * 9 + [StatusCode.SUCCESSFUL])
        return "nine times running, then successful"

    def features(found):
        items = ItemCollection.from_dict(found).items
        same([item.id for item in items], [address.rsplit("/", 1)[1] for address in INPUTS["stac_items"]])
        percents = [item.assets["data"].extra_fields["raster:bands"][0]["statistics"]["valid_percent"] for item in items]
        same(percents, [60.46467784749034, 12.31976677389706])
        return f"{len(items)} items, valid_percent {' and '.join(map(str, percents))}"

    def results():
        # The only way in: the value survives in the validator's field.
        return features(client.get_result(job)["stac_catalog"].actual_instance.value.oneof_schema_2_validator)

    def value():
        return features(client.get_result(job)["stac_catalog"].actual_instance.value.actual_instance)

    echo = {"inputs": {"a": "hello", "b": {"value": {"x": 1}}, "c": {"bbox": [1, 2, 3, 4]}}, "response": "document"}
    job = table.call("client: execute_simple", submit)
    table.refused("client: get_result of a running job", lambda: client.get_result(job), exceptions.NotFoundException, 404)
    table.call("client: get_status until it is over", monitor)
    table.call("client: get_result, through the validator's field", results)
    table.defect("client: get_result, through actual_instance", value, Exception,
                 "its OneOf turns the item collection into an empty object")
    table.refused("client: execute_simple of an unknown process",
                  lambda: client.execute_simple("nope", {"inputs": {}}, _headers=HEADERS), exceptions.NotFoundException, 404)
    table.refused("client: execute_simple without a required input",
                  lambda: client.execute_simple("water-bodies", {"inputs": {}}, _headers=HEADERS),
                  exceptions.BadRequestException, 400)
    table.refused("client: execute_simple of a deployed process at once",
                  lambda: client.execute_simple("water-bodies", {"inputs": INPUTS}, _headers={"Content-Type": "application/json"}),
                  exceptions.ServiceException, 500)
    table.defect("client: execute_simple of a built-in process at once",
                 lambda: client.execute_simple("echo", echo, _headers={"Content-Type": "application/json"}), ValueError,
                 "it takes a 200 for a failure")
    table.call("requests: the same", lambda: expect(requests.post(f"{ENDPOINT}/processes/echo/execution", json=echo), 200))

    def echoed():
        status = client.execute_simple("echo", echo, _headers=HEADERS)
        while client.get_status(status.job_id).status == StatusCode.RUNNING:
            pass
        return client.get_result(status.job_id)

    def changed(**members):
        return StatusInfo.from_dict(requests.get(f"{ENDPOINT}/jobs/{job}").json() | members)

    table.defect("client: a status that the server also knows: paused", lambda: changed(status="paused"), ValueError,
                 "its enumeration of status codes is closed")
    table.defect("client: a type that the server also knows: unknown", lambda: changed(type="unknown"), ValueError,
                 "its enumeration of job types is closed")
    table.defect("client: get_result with a literal in it", echoed, ValueError, "its OneOf takes a string for two types at once")


def manage(table, client, requests, exceptions):
    """05"""
    from ogc_api_processes_client.models.status_code import StatusCode
    table.lab = "05 manage jobs"
    jobs = f"{ENDPOINT}/jobs"

    def listed(query, check):
        def get():
            answer = requests.get(f"{jobs}{query}")
            expect(answer, 200)
            found = answer.json()
            assert check(found), answer.text[:500]
            return f"{len(found['jobs'])} of {found['numberTotal']}, links {' '.join(link['rel'] for link in found['links'])}"
        return get

    def every(member, value):
        return lambda found: found["jobs"] and all(job[member] == value for job in found["jobs"])

    def running():
        return client.execute_simple("water-bodies", {"inputs": INPUTS}, _headers=HEADERS).job_id

    def dismiss():
        status = client.dismiss(job)
        same((status.status, status.job_id), (StatusCode.DISMISSED, job))
        return f"dismissed: {status.message}"

    def fail():
        job = client.execute_simple("water-bodies", {"inputs": {**INPUTS, "aoi": "0,0,0,0"}}, _headers=HEADERS).job_id
        for _ in range(20):
            status = client.get_status(job)
            if status.status == StatusCode.FAILED:
                return f"failed: {status.message.rsplit(': ', 1)[-1]}", job
        raise AssertionError("it does not fail")

    def logs():
        first = next(job for job in requests.get(f"{jobs}?status=successful&processID=water-bodies").json()["jobs"])
        links = [link for link in client.get_status(first["jobID"]).links if link.rel == "related"]
        assert links, "no log links"
        for link in links:
            answer = requests.get(link.href)
            expect(answer, 200)
            assert answer.text.strip(), f"{link.href} is empty"
        return f"{len(links)} logs, each of them served"

    table.call("client: get_jobs", lambda: f"{len(client.get_jobs().jobs)} jobs")
    table.defect("client: get_jobs with a filter", lambda: client.get_jobs(status="successful"), TypeError,
                 "it knows no parameters: no filters, no paging")
    table.call("requests: jobs?status=successful", listed("?status=successful", every("status", "successful")))
    table.call("requests: jobs?processID=echo", listed("?processID=echo", every("processID", "echo")))
    table.call("requests: jobs?limit=1", listed("?limit=1", lambda found: any(link["rel"] == "next" for link in found["links"])))
    table.call("requests: jobs?limit=1&skip=1",
               listed("?limit=1&skip=1", lambda found: any(link["rel"] == "prev" for link in found["links"])))
    table.call("requests: jobs?limit=nonsense",
               lambda: expect(requests.get(f"{jobs}?limit=nonsense"), 500, "InvalidQueryParameterValue"))
    job = table.call("client: execute_simple", running)
    table.call("client: dismiss", dismiss)
    table.refused("client: get_status of it", lambda: client.get_status(job), exceptions.NotFoundException, 404)
    table.refused("client: dismiss it again", lambda: client.dismiss(job), exceptions.NotFoundException, 404)
    failed = table.call("client: a job that fails", fail)
    table.refused("client: get_result of it", lambda: client.get_result(failed), exceptions.ServiceException, 500)
    table.call("client and requests: log links", logs)


def labs(proxy):
    """Every lab, in the order of the tutorial."""
    import requests
    from ogc_api_processes_client import exceptions
    from ogc_api_processes_client.api_client import Configuration
    from ogc_api_processes_client.api_client_wrapper import ApiClientWrapper

    configuration = Configuration(host=ENDPOINT)
    configuration.proxy = proxy
    client = ApiClientWrapper(configuration=configuration)
    table = Table()
    deploy(table, client, requests)
    list_processes(table, client, requests)
    describe(table, client, requests, exceptions)
    execute(table, client, requests, exceptions)
    manage(table, client, requests, exceptions)
    return table.unexpected


def main():
    python = virtual_environment("python-client", "ogc-api-processes-client", "requests")
    if sys.prefix != str(PEERS / "python-client"):
        os.execv(python, [str(python), __file__, *sys.argv[1:]])
    print(f"ogc-api-processes-client {version_of(python, 'ogc-api-processes-client')}, requests {version_of(python, 'requests')}")
    with testbed(SCENARIO) as (environment, _):
        os.environ.update(environment)
        unexpected = labs(environment["http_proxy"])
    if unexpected:
        sys.exit(f"{unexpected} unexpected")
    print("nothing unexpected")


if __name__ == "__main__":
    main()
