//! Which variables of the machine a kernel gets: those that programs need to be found and to start. Variables
//! that would change the verdict from machine to machine are left out.

use std::collections::BTreeMap;
use std::path::Path;

use crate::process::environment;

/// Variables by which environments of Python are found.
const OF_PYTHON: &[&str] = &["LD_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "PYENV_ROOT", "PYENV_VERSION"];

/// Variables of Python's that a kernel does not get: they name code that the machine's owner runs in every
/// session.
const NOT_OF_PYTHON: &[&str] = &["PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONBREAKPOINT"];

/// Files that every kernel finds in its private folder. Only people who come back need IPython's history.
pub(super) const FILES: &[(&str, &str)] =
    &[("ipython/profile_default/ipython_kernel_config.py", "c = get_config()\nc.HistoryManager.hist_file = ':memory:'\n")];

/// The variables that every kernel gets, before those that it and its notebook bring. `private` is a folder
/// in which it finds no settings.
pub(super) fn variables(private: &Path) -> BTreeMap<String, String> {
    let is_wanted = |name: &str| OF_PYTHON.contains(&name) || (name.starts_with("PYTHON") && !NOT_OF_PYTHON.contains(&name));
    let mut variables = environment::plain();
    // A set of texts has the same order in every run, unless a user sets the seed to see whether a notebook
    // depends on it.
    variables.insert("PYTHONHASHSEED".to_owned(), "0".to_owned());
    variables.extend(std::env::vars().filter(|(name, _)| is_wanted(name)));
    let folder = |name: &str| private.join(name).display().to_string();
    let ours = [
        ("IPYTHONDIR", folder("ipython")),
        ("JUPYTER_CONFIG_DIR", folder("jupyter")),
        ("JUPYTER_DATA_DIR", folder("jupyter")),
        ("JUPYTER_RUNTIME_DIR", folder("jupyter")),
        ("EVCXR_CONFIG_DIR", private.display().to_string()),
    ];
    variables.extend(ours.map(|(name, value)| (name.to_owned(), value)));
    variables
}
