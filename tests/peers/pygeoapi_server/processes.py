"""Two processes that pygeoapi's own do not stand in for: one that takes its time, and one whose result is not JSON."""

import time

from pygeoapi.process.base import BaseProcessor, ProcessorExecuteError


def described(id, title, description, inputs, outputs):
    """The metadata of a process."""
    return {
        "version": "1.0.0",
        "id": id,
        "title": title,
        "description": description,
        "jobControlOptions": ["sync-execute", "async-execute"],
        "keywords": ["test"],
        "links": [],
        "inputs": inputs,
        "outputs": outputs,
    }


class Wait(BaseProcessor):
    """Ends after a number of seconds: long enough to be met while it is running."""

    def __init__(self, definition):
        seconds = {"title": "Seconds", "schema": {"type": "number"}, "minOccurs": 1, "maxOccurs": 1}
        waited = {"title": "Waited", "schema": {"type": "number", "contentMediaType": "application/json"}}
        description = "Ends after a number of seconds"
        super().__init__(definition, described("wait", "Waits", description, {"seconds": seconds}, {"waited": waited}))
        self.supports_outputs = True

    def execute(self, data, outputs=None):
        if "seconds" not in data:
            raise ProcessorExecuteError("Cannot wait without seconds")
        time.sleep(data["seconds"])
        return "application/json", {"id": "waited", "value": data["seconds"]}


class Shout(BaseProcessor):
    """Gives back plain text, louder."""

    def __init__(self, definition):
        text = {"title": "Text", "schema": {"type": "string"}, "minOccurs": 1, "maxOccurs": 1}
        loud = {"title": "Loud", "schema": {"type": "string", "contentMediaType": "text/plain"}}
        description = "Gives a text back, louder"
        super().__init__(definition, described("shout", "Shouts", description, {"text": text}, {"loud": loud}))
        self.supports_outputs = True

    def execute(self, data, outputs=None):
        if "text" not in data:
            raise ProcessorExecuteError("Cannot shout without a text")
        return "text/plain", f"{data['text']}!".encode()
