//! The JSON of answers that belong to no process, as ZOO-Project-DRU words them.
//!
//! [`load`] takes each from the scenario's `answers/` if it is there, otherwise the one that comes with this
//! crate.

use serde_json::Value;

use crate::error::Error;
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
    let own = Answers::own();
    let mut answer = |name: &str, own: Value| {
        let file = format!("answers/{name}.json");
        if folder.exists(&file) { folder.json(&file) } else { Ok(own) }
    };
    Ok(Answers {
        landing: answer("landing", own.landing)?,
        conformance: answer("conformance", own.conformance)?,
        running: answer("running", own.running)?,
        successful: answer("successful", own.successful)?,
        failed: answer("failed", own.failed)?,
        dismissed: answer("dismissed", own.dismissed)?,
    })
}

impl Answers {
    /// The answers that come with this crate.
    pub(crate) fn own() -> Self {
        let answer = |text: &str| {
            serde_json::from_str(text).expect("the answers that come with this crate are JSON: every scenario reads them")
        };
        Self {
            landing: answer(include_str!("../zoo/answers/landing.json")),
            conformance: answer(include_str!("../zoo/answers/conformance.json")),
            running: answer(include_str!("../zoo/answers/running.json")),
            successful: answer(include_str!("../zoo/answers/successful.json")),
            failed: answer(include_str!("../zoo/answers/failed.json")),
            dismissed: answer(include_str!("../zoo/answers/dismissed.json")),
        }
    }
}
