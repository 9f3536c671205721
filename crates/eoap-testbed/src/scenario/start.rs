//! A first scenario: small, with comments, and right as it is.
//!
//! [`write`] puts its files into a folder. They are those below `start/`; what they mean is not known here.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The files, by their names in the scenario.
const FILES: [(&str, &str); 5] = [
    ("scenario.toml", include_str!("start/scenario.toml")),
    ("processes/field/process.toml", include_str!("start/processes/field/process.toml")),
    ("processes/field/description.json", include_str!("start/processes/field/description.json")),
    ("processes/field/results.json", include_str!("start/processes/field/results.json")),
    ("s3/results/5a0e3b10-c7f5-11ef-8b51-0242ac120002/ndvi.csv", include_str!("start/ndvi.csv")),
];

/// The placeholder for the scenario's name in them.
const NAME: &str = "{{scenario}}";

/// Writes the files into a new folder, whose name is the scenario's.
pub(super) fn write(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let is_taken = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file();
    if is_taken {
        return Err(Error::Taken { path: folder.to_owned() });
    }
    let name = folder.file_name().map_or("scenario".into(), |name| name.to_string_lossy());
    let name = toml::Value::from(name.into_owned()).to_string();
    let mut written = Vec::with_capacity(FILES.len());
    for (file, text) in FILES {
        let path = folder.join(file);
        let failed = |source| Error::Write { path: path.clone(), source };
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        fs::write(&path, text.replace(NAME, &name)).map_err(failed)?;
        written.push(path);
    }
    Ok(written)
}
