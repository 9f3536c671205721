//! Results that are written down for some inputs: for all others there are none, and a job says so.
//!
//! [`Table::find`] compares inputs as JSON. Where the results come from is not known here.

use serde_json::{Map, Value};

use super::outcome::Outcome;

/// Results by inputs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub(crate) cases: Vec<Case>,
}

/// The results of some inputs.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// What has to be so; of other inputs it does not matter what they are.
    pub(crate) inputs: Map<String, Value>,
    pub(crate) outputs: Map<String, Value>,
}

impl Table {
    /// The results of the first case that these inputs are.
    pub(crate) fn find(&self, inputs: &Map<String, Value>) -> Result<Outcome, String> {
        let plain = |value: &Value| value.get("value").unwrap_or(value).clone();
        let differing = |case: &Case| -> Vec<String> {
            let other = case.inputs.iter().filter(|(name, wanted)| inputs.get(*name).map(plain) != Some(plain(wanted)));
            other.map(|(name, wanted)| format!("{name} is {wanted}")).collect()
        };
        let nearest = self.cases.iter().map(|case| (differing(case), case)).min_by_key(|(differing, _)| differing.len());
        match nearest {
            Some((differing, case)) if differing.is_empty() => Ok(Outcome { outputs: case.outputs.clone(), objects: Vec::new() }),
            Some((differing, _)) => Err(format!(
                "The scenario has no results for these inputs; the nearest that it has are those where {}.",
                differing.join(", ")
            )),
            None => Err("The scenario has no results.".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn inputs_are_those_of_a_case_or_have_no_results() {
        let object = |value: Value| value.as_object().cloned().unwrap_or_default();
        let case = |inputs, outputs| Case { inputs: object(inputs), outputs: object(outputs) };
        let table = Table {
            cases: vec![case(json!({"n": 1}), json!({"r": "one"})), case(json!({"n": 2, "m": "x"}), json!({"r": "two"}))],
        };
        let found = |inputs: Value| table.find(&object(inputs)).map(|outcome| outcome.outputs["r"].clone());
        assert_eq!(found(json!({"n": {"value": 1}, "m": "any"})), Ok(json!("one")));
        assert_eq!(found(json!({"n": 2, "m": "x"})), Ok(json!("two")));
        assert!(found(json!({"n": 2, "m": "y"})).unwrap_err().ends_with("those where n is 1."));
    }
}
