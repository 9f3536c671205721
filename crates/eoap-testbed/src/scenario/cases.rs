//! Results that are written down, and for which inputs: `results.json`, or the files of `results/`.
//!
//! A [`Case`] holds for the inputs that it was recorded for, and for no others. [`load`] demands of every
//! input of the description that it is known which value that was. Which case a job has is decided in
//! `service`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use super::names;
use crate::error::Error;
use crate::fixture::{Entry, Folder, Toml};

/// Results of some inputs.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The file of the scenario that has it.
    pub(crate) file: String,
    /// Every input that matters with its value, which is null where a client gives none. Of other inputs it
    /// does not matter what they are.
    pub(crate) inputs: Map<String, Value>,
    /// Outputs by name, as a template: placeholders are filled with the job's inputs.
    pub(crate) outputs: Map<String, Value>,
}

/// The table `[recorded]`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedTable {
    /// What `results.json` is for.
    #[serde(default)]
    inputs: BTreeMap<Spanned<String>, Spanned<Value>>,
    /// Inputs that do not matter.
    #[serde(default)]
    any: Vec<Spanned<String>>,
}

/// What decides for which inputs results are.
pub(super) struct Recorded<'a, T> {
    pub(super) file: &'a Toml<T>,
    pub(super) table: &'a RecordedTable,
    pub(super) description: &'a Value,
    /// The input that selects features: it may be anything.
    pub(super) selecting: Option<&'a str>,
}

impl<T> Recorded<'_, T> {
    /// The results of a process; none where it is carried out, and nothing is documented of it.
    pub(super) fn load(&self, folder: &mut Folder, id: &str, is_carried_out: bool) -> Vec<Case> {
        let (single, several) = (format!("processes/{id}/results.json"), format!("processes/{id}/results"));
        self.check_names(folder);
        if folder.exists(&single) {
            return self.single(folder, single, is_carried_out).into_iter().collect();
        }
        if !is_carried_out && folder.exists(&several) {
            return self.several(folder, &several);
        }
        if !is_carried_out {
            folder.noting(|folder| folder.json(&single));
        }
        Vec::new()
    }

    /// The inputs that are named are inputs of the process.
    fn check_names(&self, folder: &mut Folder) {
        let named = |name| names::named(self.file, "recorded", name, &self.description["inputs"], "input");
        for name in self.table.inputs.keys().chain(&self.table.any) {
            folder.mistakes.value(named(name));
        }
        if let Some(both) = self.table.any.iter().find(|name| self.table.inputs.contains_key(*name)) {
            let message = format!("{:?} cannot be anything: it has a value in recorded.inputs", both.get_ref());
            folder.mistakes.add(self.file.wrong(both, "recorded.any", message));
        }
    }

    /// `results.json`.
    fn single(&self, folder: &mut Folder, file: String, is_carried_out: bool) -> Option<Case> {
        let Value::Object(outputs) = folder.noting(|folder| folder.json(&file))? else {
            let message = "the results have to be an object: outputs by name".to_owned();
            let path = folder.path(&file);
            folder.mistakes.add(Error::Value { path, line: None, field: "results".to_owned(), message });
            return None;
        };
        let given = self.table.inputs.iter().map(|(name, value)| (name.get_ref().clone(), value.get_ref().clone())).collect();
        // What is carried out is not looked up here.
        let inputs = if is_carried_out { given } else { self.complete(folder, &file, given, &outputs) };
        Some(Case { file, inputs, outputs })
    }

    /// Every file of `results/`.
    fn several(&self, folder: &mut Folder, at: &str) -> Vec<Case> {
        if let Some((name, _)) = self.table.inputs.iter().next() {
            let message = "the files of results/ say their inputs themselves";
            folder.mistakes.add(self.file.wrong(name, "recorded.inputs", message));
        }
        let mut cases: Vec<Case> = Vec::new();
        let mut names = folder.noting(|folder| folder.names(at, Entry::File)).unwrap_or_default();
        names.retain(|name| name.ends_with(".json"));
        for file in names.iter().map(|name| format!("{at}/{name}")) {
            let Some(document) = folder.noting(|folder| folder.json(&file)) else { continue };
            let wrong = |folder: &mut Folder, field: &str, message: String| {
                let path = folder.path(&file);
                folder.mistakes.add(Error::Value { path, line: None, field: field.to_owned(), message });
            };
            let (Some(given), Some(outputs)) = (document["inputs"].as_object(), document["outputs"].as_object()) else {
                wrong(folder, "inputs, outputs", "it has to be an object with the objects inputs and outputs".to_owned());
                continue;
            };
            for name in given.keys().filter(|name| self.description["inputs"].get(name).is_none()) {
                let hint = names::hint(name, &self.description["inputs"]);
                wrong(folder, &format!("inputs.{name}"), format!("the process has no input {name:?}{hint}"));
            }
            let inputs = self.complete(folder, &file, given.clone(), outputs);
            if let Some(same) = cases.iter().find(|case| case.inputs == inputs) {
                wrong(folder, "inputs", format!("they are those of {}, too", same.file));
            }
            cases.push(Case { file, inputs, outputs: outputs.clone() });
        }
        if names.is_empty() {
            let (path, message) = (folder.path(at), "there are no results: no file ends with .json".to_owned());
            folder.mistakes.add(Error::Value { path, line: None, field: "results".to_owned(), message });
        }
        cases
    }

    /// The inputs with a value for each that matters.
    fn complete(
        &self,
        folder: &mut Folder,
        file: &str,
        mut given: Map<String, Value>,
        outputs: &Map<String, Value>,
    ) -> Map<String, Value> {
        let texts: Vec<&str> = outputs.values().flat_map(names::texts).collect();
        for (name, input) in self.description["inputs"].as_object().into_iter().flatten() {
            let placeholder = format!("{{{{inputs.{name}}}}}");
            let may_be_anything = self.selecting == Some(name)
                || self.table.any.iter().any(|any| any.get_ref() == name)
                || texts.iter().any(|text| text.contains(&placeholder));
            if given.contains_key(name) || may_be_anything {
                continue;
            }
            let default = input.pointer("/schema/default");
            if default.is_none() && input["minOccurs"] != 0 && input["schema"]["nullable"] != true {
                let message = format!(
                    "it is not known which {name:?} the results are for: give it a value, write {placeholder} into the results, or name \
                     it in recorded.any"
                );
                let (path, field) = match file.ends_with("/results.json") {
                    true => (self.file.path.clone(), "recorded.inputs"),
                    false => (folder.path(file), "inputs"),
                };
                folder.mistakes.add(Error::Value { path, line: None, field: field.to_owned(), message });
            }
            given.insert(name.clone(), default.cloned().unwrap_or(Value::Null));
        }
        given
    }
}
