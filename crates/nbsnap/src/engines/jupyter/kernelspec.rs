//! Which kernels are installed, and how each is started:
//! <https://jupyter-client.readthedocs.io/en/stable/kernels.html>.
//!
//! The main type is [`Kernelspecs`]: the folders in which Jupyter looks. `jupyter-zmq-client` has a search of
//! its own, which finds no virtual environment unless `jupyter` is installed, and takes `JUPYTER_PATH` for
//! one folder.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use jupyter_protocol::JupyterKernelspec;

use crate::notebook::Notebook;

/// Why a kernel cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KernelspecError {
    /// No kernel has this name.
    #[error("there is no kernel `{name}`, {}; {}{}", others(.known), how_to_get(.language.as_deref(), .beside), other_way(.name, .known))]
    NotFound {
        /// What the notebook asks for.
        name: String,
        /// The language that the notebook is in, if it says.
        language: Option<String>,
        /// The names that there are.
        known: Vec<String>,
        /// What the environment beside the project has, which is not looked in.
        beside: InactiveEnvironment,
    },
    /// Its `kernel.json` is not valid.
    #[error("{path} does not describe a kernel: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

fn others(names: &[String]) -> String {
    if names.is_empty() { "nor any other".to_owned() } else { format!("only {}", names.join(", ")) }
}

/// What an environment of Python that is in the project's folder, but not active, has of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InactiveEnvironment {
    /// There is no such environment, or it is looked in.
    None,
    /// It has not got the kernel.
    WithoutKernel,
    /// It has the kernel.
    WithKernel,
}

/// The command that installs a kernel for a language, or activates the environment that has it.
fn how_to_get(language: Option<&str>, beside: &InactiveEnvironment) -> &'static str {
    match language {
        _ if *beside == InactiveEnvironment::WithKernel => {
            "the project's .venv has it and is not active: `source .venv/bin/activate`"
        }
        Some("python") if *beside == InactiveEnvironment::WithoutKernel => {
            "the project's .venv is not active: `source .venv/bin/activate`, then `python3 -m pip install ipykernel`"
        }
        Some("python") => {
            "`python3 -m pip install ipykernel`, in the environment that is on PATH or in VIRTUAL_ENV, brings Python's"
        }
        Some("rust") => "`nbsnap kernel install` brings Rust's",
        _ => "install it for Jupyter, or name the folder that it lies in with JUPYTER_PATH",
    }
}

/// How to run notebooks with one of the kernels that there are.
fn other_way(name: &str, known: &[String]) -> String {
    match known {
        [] => String::new(),
        _ => format!("; `--kernel {name}=OTHER`, or [kernels] in nbsnap.toml, runs notebooks that name it with another kernel"),
    }
}

/// The folders in which kernels are looked for, in order.
#[derive(Clone, Debug)]
pub struct Kernelspecs {
    folders: Vec<PathBuf>,
    /// The environment in the project's folder, if it is not looked in.
    beside: Option<PathBuf>,
}

/// A kernel, and how it is started.
#[derive(Clone, Debug)]
pub(super) struct Kernelspec {
    /// Its name.
    pub(super) name: String,
    /// Whether it is interrupted by a message, and not by a signal.
    pub(super) interrupt_by_message: bool,
    /// Whether it is evcxr's kernel, which does not say how a cell has ended.
    pub(super) is_evcxr: bool,
    argv: Vec<String>,
    variables: BTreeMap<String, String>,
    folder: PathBuf,
}

impl Kernelspecs {
    /// The folders that Jupyter looks in, as this process' environment names them: those of `JUPYTER_PATH`,
    /// then those of environments of Python, of the user and of the system. Environments are those of
    /// `VIRTUAL_ENV` and `CONDA_PREFIX`, the one that this program is installed in, and those on `PATH`.
    pub fn of_machine() -> Kernelspecs {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let mut folders: Vec<PathBuf> = Vec::new();
        folders.extend(variable("JUPYTER_PATH").iter().flat_map(std::env::split_paths));
        let prefixes = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(variable).map(PathBuf::from);
        folders.extend(prefixes.chain(Kernelspecs::own_environment()).map(|prefix| prefix.join("share/jupyter")));
        // The prefix of a Python on PATH is the folder above.
        let programs: Vec<PathBuf> = variable("PATH").iter().flat_map(std::env::split_paths).collect();
        let prefixes = programs.iter().filter(|folder| folder.ends_with("bin")).filter_map(|folder| folder.parent());
        let (system, environments): (Vec<PathBuf>, Vec<PathBuf>) =
            prefixes.map(|prefix| prefix.join("share/jupyter")).partition(|folder| folder.starts_with("/usr"));
        folders.extend(environments);
        let user = variable("JUPYTER_DATA_DIR").map(PathBuf::from);
        folders.extend(user.or_else(|| jupyter_zmq_client::user_data_dir().ok()));
        folders.extend(jupyter_zmq_client::system_data_dirs());
        folders.extend(system);
        Kernelspecs::in_folders(folders)
    }

    /// The environment of Python that this program is installed in, if it is in one: nobody has to activate
    /// it.
    pub fn own_environment() -> Option<PathBuf> {
        let program = std::env::current_exe().ok()?;
        let prefix = program.parent()?.parent()?;
        prefix.join("pyvenv.cfg").is_file().then(|| prefix.to_owned())
    }

    /// These folders and no others; each may have a folder `kernels` with a folder for each kernel.
    pub fn in_folders(folders: impl IntoIterator<Item = PathBuf>) -> Kernelspecs {
        let mut distinct: Vec<PathBuf> = Vec::new();
        for folder in folders {
            if !distinct.contains(&folder) {
                distinct.push(folder);
            }
        }
        Kernelspecs { folders: distinct, beside: None }
    }

    /// These, with a message that names the environment `.venv` in the project's folder where a kernel is
    /// missing because nobody has activated it.
    #[must_use]
    pub fn beside(self, project: &Path) -> Kernelspecs {
        let environment = project.join(".venv");
        let is_looked_in = self.folders.contains(&environment.join("share/jupyter"));
        let beside = Some(environment).filter(|folder| !is_looked_in && folder.join("pyvenv.cfg").is_file());
        Kernelspecs { beside, ..self }
    }

    /// The kernel of this name, in any case of letters.
    pub(super) fn find(&self, name: &str, language: Option<&str>) -> Result<Kernelspec, KernelspecError> {
        let mut known = Vec::new();
        for (found, folder) in self.kernels() {
            if found.eq_ignore_ascii_case(name) {
                return Kernelspec::read(found, folder);
            }
            if !known.contains(&found) {
                known.push(found);
            }
        }
        known.sort();
        let kernel = |folder: &PathBuf| folder.join("share/jupyter/kernels").join(name).join("kernel.json");
        let beside = match &self.beside {
            None => InactiveEnvironment::None,
            Some(folder) if kernel(folder).is_file() => InactiveEnvironment::WithKernel,
            Some(_) => InactiveEnvironment::WithoutKernel,
        };
        Err(KernelspecError::NotFound { name: name.to_owned(), language: language.map(str::to_owned), known, beside })
    }

    /// Whether a notebook's kernel is evcxr's.
    pub(crate) fn is_evcxr(&self, notebook: &Notebook) -> bool {
        self.find(&notebook.kernel, notebook.language.as_deref()).is_ok_and(|spec| spec.is_evcxr)
    }

    /// Every kernel's name and folder, in the order in which they are looked at.
    fn kernels(&self) -> impl Iterator<Item = (String, PathBuf)> {
        self.folders.iter().flat_map(|folder| {
            let entries = std::fs::read_dir(folder.join("kernels")).into_iter().flatten().flatten();
            let mut kernels: Vec<(String, PathBuf)> = entries
                .filter(|entry| entry.path().join("kernel.json").is_file())
                .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
                .collect();
            kernels.sort();
            kernels
        })
    }
}

impl Kernelspec {
    fn read(name: String, folder: PathBuf) -> Result<Kernelspec, KernelspecError> {
        let path = folder.join("kernel.json");
        let invalid = |reason: String| KernelspecError::Invalid { path: path.clone(), reason };
        let text = std::fs::read_to_string(&path).map_err(|error| invalid(error.to_string()))?;
        let spec: JupyterKernelspec = serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        if spec.argv.is_empty() {
            return Err(invalid("its `argv` names no program".into()));
        }
        let interrupt_by_message = spec.interrupt_mode.as_deref() == Some("message");
        let variables = spec.env.unwrap_or_default().into_iter().collect();
        let is_evcxr = Path::new(&spec.argv[0]).file_name().is_some_and(|program| program == "evcxr_jupyter");
        Ok(Kernelspec { name, interrupt_by_message, is_evcxr, argv: spec.argv, variables, folder })
    }

    /// The program and its arguments, for this connection file.
    pub(super) fn arguments(&self, connection_file: &Path) -> Vec<OsString> {
        let fill = |argument: &String| {
            argument
                .replace("{connection_file}", &connection_file.display().to_string())
                .replace("{resource_dir}", &self.folder.display().to_string())
                .replace("{prefix}", &self.prefix().unwrap_or(Path::new("/usr")).display().to_string())
        };
        let mut arguments: Vec<OsString> = self.argv.iter().map(fill).map(OsString::from).collect();
        // Jupyter, too, takes a bare `python` for the one that it found the kernel with.
        if self.argv[0].starts_with("python")
            && let Some(own) = self.prefix().map(|prefix| prefix.join("bin").join(&self.argv[0])).filter(|own| own.exists())
        {
            arguments[0] = own.into();
        }
        arguments
    }

    /// The environment of Python that the kernel is installed in, if it is in one: the folder above
    /// `share/jupyter/kernels/NAME`.
    fn prefix(&self) -> Option<&Path> {
        self.folder.ancestors().nth(4).filter(|prefix| self.folder.starts_with(prefix.join("share/jupyter")))
    }

    /// The variables that the kernel gets, among them `${NAME}` of those that it has anyway.
    pub(super) fn variables(&self, others: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let fill = |value: &String| {
            others.iter().fold(value.clone(), |value, (name, other)| value.replace(&format!("${{{name}}}"), other))
        };
        self.variables.iter().map(|(name, value)| (name.clone(), fill(value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(folder: &Path, name: &str, spec: &str) {
        let folder = folder.join("kernels").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("kernel.json"), spec).unwrap();
    }

    const PYTHON: &str = r#"{"argv":["python3","-m","x","-f","{connection_file}","--from={resource_dir}"],"display_name":"P","language":"python",
        "env":{"A":"${HOME}/a"},"interrupt_mode":"message"}"#;

    #[test]
    fn a_kernel_is_found_in_the_first_folder_that_has_it_and_started_by_the_python_that_it_is_installed_for() {
        let world = tempfile::tempdir().unwrap();
        let (venv, system) = (world.path().join("venv"), world.path().join("system"));
        install(&venv.join("share/jupyter"), "python3", PYTHON);
        install(&system, "python3", r#"{"argv":["other"],"display_name":"O","language":"python"}"#);
        std::fs::create_dir_all(venv.join("bin")).unwrap();
        std::fs::write(venv.join("bin/python3"), "").unwrap();
        let kernel = Kernelspecs::in_folders([venv.join("share/jupyter"), system]).find("Python3", None).unwrap();
        let arguments = kernel.arguments(Path::new("/run/c.json"));
        assert_eq!(arguments[0], venv.join("bin/python3"));
        assert_eq!(arguments[4], "/run/c.json");
        assert_eq!(arguments[5], *format!("--from={}", venv.join("share/jupyter/kernels/python3").display()));
        assert!(kernel.interrupt_by_message);
        let home = BTreeMap::from([("HOME".to_owned(), "/home/a".to_owned())]);
        assert_eq!(kernel.variables(&home)["A"], "/home/a/a");
    }

    #[test]
    fn a_kernel_that_is_not_there_is_told_with_those_that_are_and_how_to_get_it() {
        let world = tempfile::tempdir().unwrap();
        let kernels = Kernelspecs::in_folders([world.path().to_owned()]);
        let error = kernels.find("python3", Some("python")).unwrap_err().to_string();
        assert!(error.starts_with("there is no kernel `python3`, nor any other; `python3 -m pip install ipykernel`"), "{error}");

        // Nobody has activated the environment beside the project.
        let project = world.path().join("course");
        std::fs::create_dir_all(project.join(".venv")).unwrap();
        std::fs::write(project.join(".venv/pyvenv.cfg"), "").unwrap();
        let error = || kernels.clone().beside(&project).find("python3", Some("python")).unwrap_err().to_string();
        assert!(error().ends_with("`source .venv/bin/activate`, then `python3 -m pip install ipykernel`"), "{}", error());
        install(&project.join(".venv/share/jupyter"), "python3", PYTHON);
        assert!(error().ends_with("the project's .venv has it and is not active: `source .venv/bin/activate`"), "{}", error());
        install(world.path(), "ir", PYTHON);
        install(world.path(), "broken", "{}");
        let error = kernels.find("julia", None).unwrap_err().to_string();
        assert!(error.contains("`julia`, only broken, ir; install it for Jupyter"), "{error}");
        let error = kernels.find("broken", None).unwrap_err().to_string();
        assert!(error.contains("broken/kernel.json does not describe a kernel: missing field `display_name`"), "{error}");
    }
}
