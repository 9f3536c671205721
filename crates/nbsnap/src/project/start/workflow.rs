//! The workflow for GitHub that a project begins with.

use std::path::{Path, PathBuf};

/// The workflow that is also there to copy.
const WORKFLOW: &str = include_str!("../../../ci/github-workflow.yml");
/// What only somebody who copies it needs to know.
const TO_COPY: &str = " Copy it to .github/workflows/notebooks.yml.";
/// What packages a project in Python needs.
const REQUIREMENTS: &str = "requirements.txt";
/// Where the step begins and ends that installs the runner.
const RUNNER: (&str, &str) = ("      # Notebooks in Python need", "      # What notebooks depend on");

/// The workflow of the project at `root` in a repository.
pub(super) fn of_project(repository: &Path, root: &Path, is_python: bool) -> String {
    let below = root.strip_prefix(repository).unwrap_or(Path::new(""));
    let text = WORKFLOW.replacen(TO_COPY, "", 1);
    let (before, rest) = text.split_once(RUNNER.0).unwrap_or((&text, ""));
    let after = rest.find(RUNNER.1).map_or("", |at| &rest[at..]);
    let runner = match is_python {
        true => in_python(requirements(repository, below).as_deref()),
        false => "      - name: Runner\n        run: command -v nbsnap || pipx install nbsnap\n\n".to_owned(),
    };
    let text = format!("{before}{runner}{after}");
    if below.as_os_str().is_empty() {
        return text;
    }
    let folder = below.display().to_string();
    let text = text.replace("target/nbsnap", &format!("{folder}/target/nbsnap"));
    text.replacen("    steps:\n", &format!("    defaults:\n      run:\n        working-directory: {folder}\n    steps:\n"), 1)
}

/// Steps that set up Python, and install the runner and the kernel into one environment.
fn in_python(requirements: Option<&Path>) -> String {
    let requirements = requirements.map(|file| format!(" -r {}", file.display())).unwrap_or_default();
    format!(
        "      - uses: actions/setup-python@v5\n        with:\n          python-version: \"3.x\"\n\n      \
         # One environment for the runner, the kernel and what notebooks import.\n      - name: Runner\n        \
         run: python -m pip install nbsnap ipykernel{requirements}\n\n"
    )
}

/// The nearest file with what notebooks import, as seen from the project's folder.
fn requirements(repository: &Path, below: &Path) -> Option<PathBuf> {
    below.ancestors().enumerate().find_map(|(up, folder)| {
        let is_there = repository.join(folder).join(REQUIREMENTS).is_file();
        is_there.then(|| PathBuf::from("../".repeat(up)).join(REQUIREMENTS))
    })
}
