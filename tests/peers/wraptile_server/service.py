"""The processes of the suite, as wraptile has them."""

import time
from typing import Annotated

from pydantic import Field
from wraptile.services.local import LocalService

service = LocalService(title="hello-world", description="Processes to try a client on")
registry = service.process_registry


@registry.process(id="hello-world", version="0.2.0", title="Hello World", outputs={"echo": Field(title="Echo")})
def hello_world(name: Annotated[str, Field(title="Name")], message: Annotated[str, Field(title="Message")] = "") -> str:
    """Greets somebody."""
    return f"Hello {name}! {message}".strip()


@registry.process(id="shout", version="1.0.0", title="Shouts", outputs={"loud": Field(title="Loud")})
def shout(text: Annotated[str, Field(title="Text")]) -> str:
    """Gives a text back, louder."""
    if text == "nothing":
        raise ValueError("there is nothing to shout")
    return f"{text}!"


@registry.process(id="wait", version="1.0.0", title="Waits", outputs={"waited": Field(title="Waited")})
def wait(seconds: Annotated[float, Field(title="Seconds")]) -> float:
    """Ends after a number of seconds."""
    time.sleep(seconds)
    return seconds
