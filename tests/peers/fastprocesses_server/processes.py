"""The processes of the suite, as fastprocesses has them."""

import time

from fastprocesses.core.base_process import BaseProcess
from fastprocesses.core.models import ProcessDescription
from fastprocesses.processes.process_registry import ProcessRegistry
from pydantic import BaseModel


def described(id, version, title, inputs, outputs):
    def member(name, schema, **more):
        return {"title": name.title(), "description": name.title(), "schema": schema} | more

    return ProcessDescription.model_validate({
        "id": id, "version": version, "title": title, "description": title, "jobControlOptions": ["sync-execute", "async-execute"],
        "outputTransmission": ["value"], "inputs": {name: member(name, *of) if isinstance(of, tuple) else of for name, of in inputs.items()},
        "outputs": {name: member(name, schema) for name, schema in outputs.items()},
    })


TEXT, NUMBER = {"type": "string"}, {"type": "number"}


class Echo(BaseModel):
    echo: str


class Loud(BaseModel):
    loud: str


class Waited(BaseModel):
    waited: float


class HelloWorld(BaseProcess):
    process_description = described(
        "hello-world", "0.2.0", "Hello World",
        {"name": (TEXT,), "message": {"title": "Message", "description": "Message", "schema": TEXT, "minOccurs": 0}}, {"echo": TEXT})

    def execute(self, exec_body, job_progress_callback=None):
        inputs = exec_body["inputs"]
        return Echo(echo=f"Hello {inputs['name']}! {inputs.get('message', '')}".strip())


class Shout(BaseProcess):
    process_description = described("shout", "1.0.0", "Shouts", {"text": (TEXT,)}, {"loud": TEXT})

    def execute(self, exec_body, job_progress_callback=None):
        text = exec_body["inputs"]["text"]
        if text == "nothing":
            raise ValueError("there is nothing to shout")
        return Loud(loud=f"{text}!")


class Wait(BaseProcess):
    process_description = described("wait", "1.0.0", "Waits", {"seconds": (NUMBER,)}, {"waited": NUMBER})

    def execute(self, exec_body, job_progress_callback=None):
        seconds = exec_body["inputs"]["seconds"]
        time.sleep(seconds)
        return Waited(waited=seconds)


def register():
    registry = ProcessRegistry()
    for process in (HelloWorld(), Shout(), Wait()):
        registry.register_process(process.process_description.id, process)
