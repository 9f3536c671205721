#!/usr/bin/env python3
"""Open labs 04 to 06 in JupyterLab with a browser, as a learner does, and see to it that everything works; `just lab-test`.

`nbsnap lab` starts the testbed, the kernel and JupyterLab. A headless Chromium runs all cells, and what the notebook then holds must
be what `nbsnap run` writes, which `nbsnap test` compares with the snapshots. Then: interrupt, restart, and that no process is left
behind, whoever is killed. Screens land in target/lab. Installs JupyterLab and Playwright under target/jupyter (needs Chromium).
"""

import argparse
import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NBSNAP = ROOT / "target/debug/nbsnap"
VENV = ROOT / "target/jupyter"
WORK = ROOT / "target/lab"
# The labs that show the most, each with cells whose outputs are photographed.
LABS = {
    "04-execute-and-monitor": ("monitor", "statistics", "preview", "map", "water-first", "both"),
    "05-manage-jobs": ("list", "progress", "failed", "logs", "log", "filters"),
    "06-search-and-compare": ("scenes", "choose", "figures", "map-spring", "map-autumn"),
}

INTERRUPTED = [
    "let mut count = 0u64;\nprintln!(\"counting\");\nloop { count = std::hint::black_box(count + 1); }",
    "println!(\"after the interrupt\");",
]


FAILING = [
    "let reflectance: Vec<f64> = vec![0.1, 0.2];\nlet threshold = 0.15;",
    "print!(\"your name? \");\nlet mut name = String::new();\nstd::io::stdin().read_line(&mut name)?;\nformat!(\"hello, {}\", name.trim())",
    "// The second band.\nlet band = reflectance[1];\nlet water: bool = band + threshold;",
    "println!(\"never\");",
    "fn check(value: f64) {\n    assert!(value < 0.15, \"{value} is no water\");\n}\ncheck(reflectance[1]);",
    "refl",
]


# What a learner does with lab 04 while its job runs, and what help there is.
LEARNING = [
    ':dep eoap = { path = "../crates/eoap" }\nuse std::time::Duration;\nuse eoap::{Client, Execution};\n'
    'let client = Client::new("http://zoo-project-dru-service/acme/ogc-api")?;',
    'let execution = Execution::new()\n'
    '    .input("stac_items", ["https://planetarycomputer.microsoft.com/api/stac/v1/collections/landsat-c2-l2/items/LC08_L2SP_044032_20231208_02_T1"])\n'
    '    .input("aoi", "-121.399,39.834,-120.74,40.472")\n    .input("epsg", "EPSG:4326")\n    .input("bands", ["green", "nir08"]);\n'
    'let job = client.execute("water-bodies", &execution).await?;',
    'println!("waiting");\njob.wait().every(Duration::from_secs(10)).await?',
    'println!("still {}, job {}", client.base(), if job.id().is_empty() { "lost" } else { "kept" });',
    "client.pro",
    'fn show(html: &str) { println!("EVCXR_BEGIN_CONTENT text/html\\n{html}\\nEVCXR_END_CONTENT"); }\n'
    'show("<b>first display</b>");\nprintln!("between");\nshow("<b>second display</b>");',
    # Here a learner adds a crate, which nobody can have built ahead.
    "",
]
ADDED = ':dep slow = { path = "../slow" }\nslow::answer()'


def install():
    if not (VENV / "bin/jupyter-lab").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    pip = [VENV / "bin/pip", "install", "--quiet", "jupyterlab", "playwright", "nbformat"]
    if subprocess.run([VENV / "bin/python", "-c", "import jupyterlab, playwright"], stderr=subprocess.DEVNULL).returncode:
        subprocess.run(pip, check=True)


def project():
    """A copy of the project, so that nobody's notebooks are written into."""
    shutil.rmtree(WORK, ignore_errors=True)
    folder = WORK / "project"
    for part in ("notebooks", "snapshots"):
        shutil.copytree(ROOT / part, folder / part)
    (folder / "crates").symlink_to(ROOT / "crates")
    kernel = {"kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"}}
    for name, sources in (("interrupt", INTERRUPTED), ("failing", FAILING), ("learning", LEARNING)):
        cells = [{"cell_type": "code", "execution_count": None, "id": f"c{number}", "metadata": {}, "outputs": [], "source": source}
                 for number, source in enumerate(sources)]
        notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
        (folder / f"notebooks/{name}.ipynb").write_text(json.dumps(notebook))
    slow = folder / "slow"
    (slow / "src").mkdir(parents=True)
    (slow / "Cargo.toml").write_text('[package]\nname = "slow"\nversion = "1.0.0"\nedition = "2024"\n')
    # Another one each time, so that it has to be built.
    (slow / "src/lib.rs").write_text(f"// {time.time()}\npub fn answer() -> u8 {{ 42 }}\n")
    (slow / "build.rs").write_text("fn main() { std::thread::sleep(std::time::Duration::from_secs(4)); }\n")
    return folder


def processes(folder):
    """Processes that work in the project or were told of it, but for this one."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            cwd = os.readlink(entry / "cwd")
        except (OSError, ValueError):
            continue
        if entry.name != str(os.getpid()) and command and (str(folder) in command or cwd.startswith(str(folder))):
            found[int(entry.name)] = command.strip()
    return found


class Lab:
    """`nbsnap lab`, running."""

    def __init__(self, folder, *served):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        options = ["--no-browser", "--allow-root", f"--port={self.port}", "--IdentityProvider.token=",
                   "--ServerApp.disable_check_xsrf=True", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
        command = [NBSNAP, "--project", folder, "lab", "--jupyter", VENV / "bin/jupyter", "--cache-dir", ROOT / "target/nbsnap",
                   *served, "--"]
        self.log = open(WORK / "lab.log", "a")
        self.process = subprocess.Popen([*command, *options], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, cwd=folder)
        atexit.register(self.process.terminate)
        self.url = f"http://127.0.0.1:{self.port}"
        deadline = time.monotonic() + 300
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/api", timeout=5).read()
                break
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    sys.exit(f"nbsnap lab does not come up: see {WORK / 'lab.log'}")
                time.sleep(0.2)

    def server(self):
        """JupyterLab's own process."""
        return next(pid for pid, command in processes(self.folder).items() if "jupyter-lab" in command and str(NBSNAP) not in command)

    def wait_for_none(self, what):
        deadline = time.monotonic() + 30
        while left := processes(self.folder):
            if time.monotonic() > deadline:
                sys.exit(f"{what}: left behind {left}")
            time.sleep(0.1)
        print(f"{what}: nothing is left behind")


def open_notebook(page, lab, name):
    page.goto(f"{lab.url}/lab/tree/{name}.ipynb?reset")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
    # JupyterLab asks which kernel is meant where somebody runs a cell before the kernel is there.
    page.get_by_text("Rust | Idle").wait_for(timeout=180_000)


def menu(page, *names):
    page.locator(".lm-MenuBar-itemLabel", has_text=names[0]).first.click()
    for name in names[1:]:
        page.locator(".lm-Menu-itemLabel", has_text=name).first.click()


def prompts(page):
    return page.evaluate("[...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')].map(p => p.textContent)")


def run_all(page, cells):
    menu(page, "Run", "Run All Cells")
    deadline = time.monotonic() + 120
    while True:
        counts = prompts(page)
        if len(counts) >= cells and all(any(c.isdigit() for c in count) for count in counts):
            return
        if time.monotonic() > deadline:
            sys.exit(f"cells have not run: {counts}")
        page.wait_for_timeout(200)


def save(page, path):
    before = path.stat().st_mtime_ns
    menu(page, "File", "Save Notebook")
    deadline = time.monotonic() + 30
    while path.stat().st_mtime_ns == before:
        if time.monotonic() > deadline:
            sys.exit("JupyterLab has not saved the notebook")
        page.wait_for_timeout(100)


def same_as_run(folder, name):
    """Whether the notebook that the browser saved holds what `nbsnap run` writes."""
    written = WORK / "run.ipynb"
    command = [NBSNAP, "--project", ROOT, "run", name, "-o", written, "--cache-dir", ROOT / "target/nbsnap"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    saved = folder / "notebooks" / f"{name}.ipynb"
    done = subprocess.run([NBSNAP, "--project", ROOT, "diff", written, saved], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"in JupyterLab the notebook shows something else:\n{done.stdout}{done.stderr}")


def run_labs(page, lab):
    for name, shown in LABS.items():
        run_lab(page, lab, name, shown)


def run_lab(page, lab, name, shown):
    path = lab.folder / "notebooks" / f"{name}.ipynb"
    cells = sum(cell["cell_type"] == "code" for cell in json.loads(path.read_text())["cells"])
    open_notebook(page, lab, name)
    started = time.monotonic()
    run_all(page, cells)
    print(f"{name}: {cells} cells have run, in {time.monotonic() - started:.1f} s with the start of the kernel")
    # All cells are in the page only when they have been seen.
    page.evaluate("document.querySelectorAll('.jp-WindowedPanel-outer').forEach(p => p.scrollTo(0, p.scrollHeight))")
    errors = page.locator("[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']").count()
    if errors:
        sys.exit(f"{errors} outputs are errors")
    save(page, path)
    same_as_run(lab.folder, name)
    # Cells that are out of sight are drawn when they come back.
    page.evaluate("document.querySelectorAll('.jp-WindowedPanel-outer').forEach(p => p.scrollTo(0, 0))")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.wait_for_timeout(500)
    page.screenshot(path=WORK / f"{name}.png")
    print(f"{name}: the saved notebook holds what `nbsnap run` writes")
    for number, cell in enumerate(shown):
        shoot_cell(page, path, cell, WORK / f"{name[:2]}-{number}-{cell}.png")


def shoot_cell(page, path, cell, screen):
    """A screen of one cell's outputs; a picture in it must be there and have been drawn."""
    cells = [entry["id"] for entry in json.loads(path.read_text())["cells"]]
    if cell not in cells:
        sys.exit(f"there is no cell {cell}")
    place = page.locator(".jp-Notebook .jp-Cell").nth(cells.index(cell))
    place.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    pictures = place.locator("img").evaluate_all("images => images.map(i => i.complete && i.naturalWidth > 0)")
    if not all(pictures):
        sys.exit(f"cell {cell}: a picture is not drawn")
    if cell in ("preview", "map", "water-first", "map-spring", "map-autumn") and not pictures and place.locator("svg").count() == 0:
        sys.exit(f"cell {cell}: there is no picture")
    place.screenshot(path=screen)


def interrupt(page, lab):
    open_notebook(page, lab, "interrupt")
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    cells.nth(0).click()
    page.keyboard.press("Control+Enter")
    page.get_by_text("counting", exact=True).wait_for(timeout=60_000)
    menu(page, "Kernel", "Interrupt Kernel")
    # What is sent before the answer is there would be aborted with it.
    page.get_by_text("Interrupted", exact=False).first.wait_for(timeout=10_000)
    cells.nth(1).click()
    page.keyboard.press("Control+Enter")
    page.get_by_text("after the interrupt", exact=True).wait_for(timeout=60_000)
    print("interrupt: the loop ended, and the next cell ran")
    menu(page, "Kernel", "Restart Kernel…")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    # The numbers of runs begin anew with a new kernel.
    page.wait_for_timeout(1000)
    page.get_by_text("Rust | Idle").wait_for(timeout=60_000)
    menu(page, "Edit", "Clear Outputs of All Cells")
    cells.nth(1).click()
    page.keyboard.press("Control+Enter")
    page.get_by_text("after the interrupt", exact=True).wait_for(timeout=60_000)
    counts = "[...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')].map(p => p.textContent)"
    page.wait_for_function(f"{counts}[1] === '[1]:'", timeout=60_000)
    print("restart: the kernel began anew, and a cell ran")
    page.screenshot(path=WORK / "interrupt.png")


def failing(page, lab):
    """Run All asks for input, stops at the first red cell, and says what a person wants to read."""
    open_notebook(page, lab, "failing")
    menu(page, "Run", "Run All Cells")
    box = page.locator(".jp-Stdin-input")
    box.wait_for(timeout=60_000)
    box.fill("Ada")
    box.press("Enter")
    page.get_by_text("hello, Ada").wait_for(timeout=60_000)
    page.get_by_text("error[E0308]").wait_for(timeout=60_000)
    page.wait_for_timeout(500)
    counts = prompts(page)
    if [any(c.isdigit() for c in count) for count in counts] != [True, True, True, False, False, False]:
        sys.exit(f"Run All did not stop at the red cell: {counts}")
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    cells.nth(4).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.get_by_text("Panic: 0.2 is no water").wait_for(timeout=60_000)
    page.screenshot(path=WORK / "failing-light.png")
    cells.nth(5).locator(".cm-content").click()
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.locator(".jp-Completer-match", has_text="reflectance").wait_for(timeout=10_000)
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    page.keyboard.press("Shift+Tab")
    page.get_by_text("let reflectance: std::vec::Vec<f64>").wait_for(timeout=10_000)
    page.screenshot(path=WORK / "help.png")
    page.keyboard.press("Escape")
    menu(page, "Settings", "Theme", "JupyterLab Dark")
    page.wait_for_timeout(1500)
    page.screenshot(path=WORK / "failing-dark.png")
    menu(page, "Settings", "Theme", "JupyterLab Light")
    print("failing: input was asked for, Run All stopped, the name was completed and explained")


def run_cell(page, number, text, patience=60_000):
    """Runs a cell, and waits until it shows a text."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    if text:
        cell.locator(".jp-OutputArea").get_by_text(text).first.wait_for(timeout=patience)
    else:
        page.wait_for_function(f"[...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')][{number}].textContent.match(/\\d/)", timeout=patience)
    return cell


def learning(page, lab):
    """A wait that is interrupted keeps variables; methods and documentation are there; displays and the progress of `:dep` show."""
    open_notebook(page, lab, "learning")
    run_cell(page, 0, None)
    run_cell(page, 1, None)
    run_cell(page, 2, "waiting")
    page.wait_for_timeout(1500)
    asked = time.monotonic()
    menu(page, "Kernel", "Interrupt Kernel")
    page.get_by_text("Interrupted", exact=False).first.wait_for(timeout=10_000)
    waited = time.monotonic() - asked
    run_cell(page, 3, "still http://zoo-project-dru-service/acme/ogc-api, job kept")
    print(f"learning: the wait was interrupted within {waited:.1f} s, and client and job are there")

    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(4)
    cell.locator(".cm-content").click()
    page.keyboard.press("End")
    started = time.monotonic()
    match = page.locator(".jp-Completer-item", has_text="processes").first
    while not match.is_visible():
        if time.monotonic() > started + 300:
            sys.exit("no method is completed")
        page.keyboard.press("Tab")
        page.wait_for_timeout(1200)
    loaded = time.monotonic() - started
    page.screenshot(path=WORK / "completion-light.png")
    match.click()
    page.wait_for_timeout(300)
    page.keyboard.press("Shift+Tab")
    page.get_by_text("The processes of the server").first.wait_for(timeout=10_000)
    page.screenshot(path=WORK / "documentation-light.png")
    page.keyboard.press("Escape")
    menu(page, "Settings", "Theme", "JupyterLab Dark")
    page.wait_for_timeout(1500)
    cell.locator(".cm-content").click()
    page.keyboard.press("End")
    page.keyboard.press("Shift+Tab")
    page.get_by_text("The processes of the server").first.wait_for(timeout=10_000)
    page.screenshot(path=WORK / "documentation-dark.png")
    page.keyboard.press("Escape")
    menu(page, "Settings", "Theme", "JupyterLab Light")
    page.wait_for_timeout(1500)
    print(f"learning: methods were completed {loaded:.0f} s after the first Tab, and explained")

    outputs = run_cell(page, 5, "second display").locator(".jp-OutputArea-output").all_inner_texts()
    if [text.strip() for text in outputs] != ["first display", "between", "second display"]:
        sys.exit(f"displays do not show in order: {outputs}")
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(6)
    cell.locator(".cm-content").click()
    page.keyboard.insert_text(ADDED)
    page.keyboard.press("Control+Enter")
    cell.locator(".jp-OutputArea progress").wait_for(timeout=60_000)
    page.screenshot(path=WORK / "progress-light.png")
    cell.locator(".jp-OutputArea").get_by_text("42").wait_for(timeout=120_000)
    if cell.locator(".jp-OutputArea progress").count():
        sys.exit("the progress stays")
    print("learning: two displays in order, and the progress of `:dep`, which vanished")
    page.wait_for_timeout(500)
    page.screenshot(path=WORK / "added-light.png")


def browse(lab, *stories):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update",
                 "--disable-sync"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        try:
            for story in stories:
                story(page, lab)
        except BaseException:
            page.screenshot(path=WORK / "failed.png")
            raise
        # The tab is closed, as learners close it: what it started stays until the server goes.
        browser.close()


def first_use(folder, argv):
    """Seconds from the start of a kernel until it answers, and until lab 04's first cell, which is the first to use eoap, is done."""
    from jupyter_client import KernelManager

    name, spec = "timed", WORK / "jupyter/kernels/timed"
    spec.mkdir(parents=True, exist_ok=True)
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "timed", "language": "rust", "interrupt_mode": "message"}))
    os.environ["JUPYTER_PATH"] = str(WORK / "jupyter")
    lab = json.loads((folder / f"notebooks/{next(iter(LABS))}.ipynb").read_text())
    cell = next("".join(cell["source"]) for cell in lab["cells"] if cell["cell_type"] == "code")
    started = time.monotonic()
    kernel = KernelManager(kernel_name=name)
    kernel.start_kernel(cwd=str(folder / "notebooks"))
    try:
        client = kernel.client()
        client.start_channels()
        client.wait_for_ready(timeout=300)
        ready = time.monotonic() - started
        reply = client.execute_interactive(cell, timeout=3600, output_hook=lambda message: None)
        done = time.monotonic() - started
    finally:
        kernel.shutdown_kernel(now=True)
    if reply["content"]["status"] != "ok":
        sys.exit(f"the first cell failed: {reply['content']}")
    return ready, done


def times(folder, plain, runs):
    ours = [str(NBSNAP), "kernel", "start", "{connection_file}", "--cache-dir", str(ROOT / "target/nbsnap")]
    subprocess.run([NBSNAP, "--project", ROOT, "prepare"], check=True, stdout=subprocess.DEVNULL)
    figures = {"ours": [first_use(folder, ours) for _ in range(runs)]}
    # It keeps nothing from one start to the next: once is enough.
    figures["evcxr_jupyter"] = [first_use(folder, [str(plain), "--control_file", "{connection_file}"])]
    for name, all_runs in figures.items():
        for ready, done in all_runs:
            print(f"{name}: ready after {ready:.1f} s, first `use eoap` done after {done:.1f} s")
    ratio = figures["evcxr_jupyter"][0][1] / sorted(done for _, done in figures["ours"])[runs // 2]
    print(f"ratio: {ratio:.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plain", type=Path, help="an evcxr_jupyter: only time our kernel's start against that one's")
    parser.add_argument("--learning", action="store_true", help="only what a learner does while a job runs, and what help there is")
    parser.add_argument("--runs", type=int, default=3, help="how often our kernel is started for that")
    arguments = parser.parse_args()
    install()
    if Path(sys.prefix) != VENV:
        os.execv(VENV / "bin/python", [VENV / "bin/python", __file__, *sys.argv[1:]])
    subprocess.run(["cargo", "build", "--quiet", "--workspace", "--bin", "nbsnap", "--bin", "nbsnap-evcxr"], cwd=ROOT, check=True)
    folder = project()
    if arguments.plain:
        return times(folder, arguments.plain.resolve(), arguments.runs)

    if not arguments.learning:
        lab = Lab(folder)
        browse(lab, run_labs, interrupt, failing)
        lab.process.send_signal(signal.SIGTERM)
        lab.process.wait(60)
        lab.wait_for_none("nbsnap lab told to end")
    # Jobs take their time here.
    lab = Lab(folder, "--clock", "real")
    browse(lab, learning)
    lab.process.send_signal(signal.SIGTERM)
    lab.process.wait(60)
    lab.wait_for_none("nbsnap lab told to end")

    if arguments.learning:
        return
    for victim in ("JupyterLab", "nbsnap lab"):
        lab = Lab(folder)
        body = json.dumps({"name": "", "path": "interrupt.ipynb", "type": "notebook", "kernel": {"name": "rust"}}).encode()
        token = urllib.request.Request(f"{lab.url}/api/sessions", body, {"Content-Type": "application/json"})
        urllib.request.urlopen(token).read()
        deadline = time.monotonic() + 60
        while not any(" kernel start " in command for command in processes(folder).values()):
            if time.monotonic() > deadline:
                sys.exit("no kernel was started")
            time.sleep(0.1)
        os.kill(lab.server() if victim == "JupyterLab" else lab.process.pid, signal.SIGKILL)
        lab.process.wait(60)
        lab.wait_for_none(f"{victim} killed")
    print(f"screens: {WORK}")


if __name__ == "__main__":
    main()
