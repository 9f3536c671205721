//! The JSON of answers that belong to no process, as ZOO-Project-DRU words them.
//!
//! [`load`] takes each from the scenario's `answers/` if it is there, otherwise the one that comes with this crate.

use serde_json::Value;

use crate::Error;
use crate::fixture::Folder;

/// Templates by what they answer.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) landing: Value,
    pub(crate) conformance: Value,
    pub(crate) running: Value,
    pub(crate) successful: Value,
    pub(crate) failed: Value,
    pub(crate) dismissed: Value,
}

pub(super) fn load(folder: &mut Folder) -> Result<Answers, Error> {
    let mut answer = |name: &str, own: &str| {
        let file = format!("answers/{name}.json");
        if folder.exists(&file) {
            return folder.json(&file);
        }
        Ok(serde_json::from_str(own).expect("the answers that come with this crate are JSON: a test reads them all"))
    };
    Ok(Answers {
        landing: answer("landing", include_str!("../zoo/answers/landing.json"))?,
        conformance: answer("conformance", include_str!("../zoo/answers/conformance.json"))?,
        running: answer("running", include_str!("../zoo/answers/running.json"))?,
        successful: answer("successful", include_str!("../zoo/answers/successful.json"))?,
        failed: answer("failed", include_str!("../zoo/answers/failed.json"))?,
        dismissed: answer("dismissed", include_str!("../zoo/answers/dismissed.json"))?,
    })
}
