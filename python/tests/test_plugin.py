"""What users of `pytest --nbsnap` see."""

import json

import pytest


def lines(result):
    """All that pytest printed."""
    return result.stdout.str()


def test_without_the_option_no_notebook_is_collected(project):
    project.notebook("lab", ("one", "1"))
    project.pytester.makepyfile("def test_other(): pass")
    project.plain().assert_outcomes(passed=1)


def test_cells_are_items_and_output_that_is_not_recorded_is_red_until_it_is_accepted(project):
    project.notebook("lab", ("set", "x = 20"), ("say", "print('it is', x)"))
    result = project.run("-v")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*notebooks/lab.ipynb::set PASSED*", "*notebooks/lab.ipynb::say FAILED*"])
    result.stdout.fnmatch_lines(["cell 2 `say`: there is output, and none is recorded yet", "*(nothing recorded)", "+it is 20"])
    assert not (project.path / "snapshots").exists() or not list((project.path / "snapshots").rglob("*.snap"))
    project.run("--nbsnap-accept").assert_outcomes(passed=2)
    assert (project.path / "snapshots/lab/say.snap").is_file()
    project.run().assert_outcomes(passed=2)


def test_other_output_is_told_as_a_difference_and_ends_nothing(project):
    project.notebook("lab", ("say", "print('a\\nb\\nc')"), ("more", "2"))
    project.accepted()
    project.notebook("lab", ("say", "print('a\\nB\\nc')"), ("more", "2"))
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["--- snapshots/lab/say.snap", " a", "-b", "+B", " c"])
    result.stdout.fnmatch_lines(["FAILED notebooks/lab.ipynb::say - cell 1 `say`: the output is not as recorded"])


def test_a_cell_that_raises_is_told_with_its_line_and_those_behind_it_are_skipped(project):
    project.notebook("lab", ("fine", "x = 0"), ("raises", "y = 1\ny / x"), ("later", "print(y)"))
    result = project.run("-rs")
    result.assert_outcomes(passed=1, failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*ZeroDivisionError: division by zero*", ">   2 | y / x", "SKIPPED*an earlier cell failed"])


def test_a_cell_whose_notebook_fails_before_it_is_red_if_the_cause_was_not_chosen(project):
    project.notebook("lab", ("raises", "1 / 0"), ("later", "print(1)"))
    result = project.run("-k", "later")
    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(["*the cell was not run, since cell 1 `raises` failed: *ZeroDivisionError*"])


def test_cells_behind_the_last_one_that_was_chosen_do_not_run(project):
    project.notebook("lab", ("first", "x = 1"), ("second", "open('ran', 'w')"))
    project.run("-k", "first").assert_outcomes(passed=1, deselected=1)
    assert not (project.path / "notebooks/ran").exists()


def test_the_first_failure_ends_the_session_if_that_is_asked(project):
    project.notebook("a", ("raises", "1 / 0"))
    project.notebook("b", ("sleeps", "import time\ntime.sleep(100)"))
    result = project.run("-x")
    result.assert_outcomes(failed=1)
    assert result.duration < 60


def test_tags_hold(project):
    project.notebook("lab", ("meant", "1 / 0", "raises-exception"), ("left", "1 / 0", "skip-execution"), ("tame", "1", "raises-exception"))
    project.run("--nbsnap-accept")
    result = project.run("-rs")
    result.assert_outcomes(passed=1, skipped=1, failed=1)
    result.stdout.fnmatch_lines(["*cell 3 `tame`: the cell is tagged `raises-exception` and did not fail*"])


def test_what_a_cell_prints_is_shown_where_it_fails(project):
    project.notebook("lab", ("raises", "print('seen before')\n1 / 0"))
    project.run().stdout.fnmatch_lines(["*Captured stdout call*", "seen before"])


def test_what_is_wrong_with_the_notebook_as_a_whole_is_told_with_its_last_cell(project):
    project.notebook("lab", ("say", "print(1)"), ("gone", "print(2)"))
    project.accepted()
    project.notebook("lab", ("say", "print(1)"), ("last", "x = 1"))
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["cell 2 `last`: *gone.snap belongs to no cell*"])


def test_a_kernel_that_is_missing_is_told(project):
    project.notebook("lab", ("one", "1"))
    text = (project.path / "notebooks/lab.ipynb").read_text()
    (project.path / "notebooks/lab.ipynb").write_text(text.replace('"python3"', '"nowhere"'))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*there is no kernel `nowhere`*"])


def test_a_file_that_is_no_notebook_is_an_error(project):
    project.notebook("lab", ("one", "x = 1"))
    (project.path / "notebooks/broken.ipynb").write_text("{")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*notebooks/broken.ipynb cannot be tested: *"])


def test_settings_that_cannot_be_used_are_told(project):
    project.notebook("lab", ("one", "x = 1"))
    (project.path / "notebooks/nbsnap.toml").write_text("no-such-key = 1")
    result = project.run()
    assert result.ret != 0
    assert "no-such-key" in lines(result) + result.stderr.str()


def test_a_notebook_of_no_project_is_not_passed_over_in_silence(project):
    project.notebook("stray", ("one", "1"), folder="elsewhere")
    project.run("-rs").stdout.fnmatch_lines(["SKIPPED*in no project*"])


def test_projects_of_their_own_are_run_on_their_own(project):
    project.notebook("lab", ("say", "print('outer')"))
    project.notebook("lab", ("say", "print('inner')"), folder="notebooks/inner")
    (project.path / "notebooks/inner/nbsnap.toml").write_text("")
    project.run("--nbsnap-accept").assert_outcomes(passed=2)
    project.run().assert_outcomes(passed=2)
    assert "inner" in (project.path / "notebooks/inner/snapshots/lab/say.snap").read_text()


def test_with_xdist_every_notebook_runs_once(project):
    pytest.importorskip("xdist")
    for name in "abc":
        project.notebook(name, ("adds", f"open('{name}.txt', 'a').write('x')"), ("one", "1"), ("two", "2"))
    project.run("--nbsnap-accept", "-n2").assert_outcomes(passed=9)
    assert [(project.path / f"notebooks/{name}.txt").read_text() for name in "abc"] == ["x"] * 3


def test_a_flaky_cell_is_what_its_last_run_makes_of_it(project):
    (project.path / "notebooks").mkdir()
    (project.path / "notebooks/nbsnap.toml").write_text("retries = 1")
    project.notebook("lab", ("flaky", "import os\nif not os.path.exists('seen'):\n    open('seen', 'w')\n    raise ValueError('once')"))
    project.run().assert_outcomes(passed=1)


def test_durations_are_those_of_cells(project):
    project.notebook("lab", ("slow", "import time\ntime.sleep(1.2)"), ("quick", "x = 1"))
    result = project.run("--junitxml=junit.xml")
    result.assert_outcomes(passed=2)
    text = (project.path / "junit.xml").read_text()
    seconds = {name: float(text.split(f'name="{name}" time="')[1].split('"')[0]) for name in ("slow", "quick")}
    assert seconds["slow"] > 1 > seconds["quick"], json.dumps(seconds)
