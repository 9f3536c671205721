#!/usr/bin/env python3
"""Run jupyter_kernel_test (PyPI), which knows what Jupyter demands of a kernel, on our kernel. Installs it under target/kernel-test."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "target/kernel-test"
VENV = FOLDER / "venv"


def set_up() -> None:
    if not (VENV / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin/pip", "install", "--quiet", "jupyter_kernel_test"], check=True)
    subprocess.run(["cargo", "build", "--quiet", "--workspace", "--bin", "nbsnap"], check=True, cwd=ROOT)
    program = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/nbsnap"
    work = FOLDER / "work"
    work.mkdir(parents=True, exist_ok=True)
    cache = FOLDER / "cache"
    arguments = ["kernel", "install", "--prefix", VENV, "--name", "rust-test", "--cache-dir", cache, "--no-prepare"]
    subprocess.run([program, *arguments], check=True, cwd=work)


def test() -> int:
    import unittest

    import jupyter_kernel_test

    class RustKernelTests(jupyter_kernel_test.KernelTests):
        kernel_name = "rust-test"
        language_name = "rust"
        file_extension = ".rs"
        code_hello_world = 'println!("hello, world");'
        code_stderr = 'eprintln!("oops");'
        completion_samples = [
            {"text": "prin", "matches": {"print!", "println!"}},
            {"text": ":ver", "matches": {":version"}},
        ]
        complete_code_samples = ["1 + 1", "fn f() -> u8 {\n    1\n}", "let x = vec![1, 2];", ":vars"]
        incomplete_code_samples = ["fn f() {", "let x = vec![", '"text', "let y ="]
        invalid_code_samples = ["}", "let = 3;", "f(1]"]
        code_generate_error = 'panic!("on purpose")'
        code_execute_result = [
            {"code": "6 * 7", "result": "42"},
            {"code": 'let word = "a"; word', "result": '"a"'},
        ]
        code_display_data = [
            {
                "code": 'println!("EVCXR_BEGIN_CONTENT text/html\\n<b>x</b>\\nEVCXR_END_CONTENT");',
                "mime": "text/html",
            }
        ]
        code_inspect_sample = "println"
        code_history_pattern = "6 *"
        supported_history_operations = ("tail", "range", "search")
        code_clear_output = 'println!("EVCXR_BEGIN_CONTENT application/vnd.jupyter.clear-output\\n\\nEVCXR_END_CONTENT");'

    suite = unittest.defaultTestLoader.loadTestsFromTestCase(RustKernelTests)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    if result.skipped:
        print("skipped:", *[f"{name.id().split('.')[-1]}: {reason}" for name, reason in result.skipped], sep="\n  ")
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["--test"]:
        sys.exit(test())
    set_up()
    os.chdir(FOLDER / "work")
    environment = {**os.environ, "XDG_DATA_HOME": str(FOLDER / "data"), "PATH": f"{VENV}/bin:{os.environ['PATH']}"}
    sys.exit(subprocess.run([VENV / "bin/python", __file__, "--test"], env=environment).returncode)
