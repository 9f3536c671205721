//! Makes a recording independent of its time. Ids and dates of the run are replaced by others that depend
//! only on their order. Secrets are removed.
//!
//! [`Stable`] first reads all texts of a recording and then replaces in each of them. So an id is the same
//! in an answer, in the request that uses it, and in the key of an object. Names that a client chose itself
//! are unchanged.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use regex::{Captures, Regex};
use text_secrets::Known;

use crate::exchange::REMOVED;

/// The first moment of every recording.
const BEGIN: &str = "2025-01-01T00:00:00Z";

/// The largest difference of clocks, and of the time before the first request at which a server may have
/// begun.
const SLACK: TimeDelta = TimeDelta::minutes(2);

/// Replaces ids, dates and secrets.
#[derive(Debug)]
pub(crate) struct Stable {
    uuid: Regex,
    date: Regex,
    http_date: Regex,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    secrets: Vec<String>,
    known: Option<Known>,
    /// Ids that a client was the first to name.
    own: BTreeSet<String>,
    ids: HashMap<String, String>,
    moments: BTreeMap<DateTime<Utc>, DateTime<Utc>>,
}

impl Stable {
    /// For a recording that was made between these moments, in which there may be these secrets.
    ///
    /// # Errors
    /// If the secrets are too long to be looked for.
    pub(crate) fn new(from: DateTime<Utc>, to: DateTime<Utc>, secrets: Vec<String>) -> Result<Self, regex::Error> {
        let regex = |text: &str| Regex::new(text).expect("a pattern of this crate is one: a test uses it");
        Ok(Self {
            known: Known::new(&secrets, REMOVED)?,
            uuid: regex(r"(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
            date: regex(r"(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?"),
            http_date: regex(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"),
            from: from - SLACK,
            to: to + SLACK,
            secrets,
            own: BTreeSet::new(),
            ids: HashMap::new(),
            moments: BTreeMap::new(),
        })
    }

    /// Adds the next text of a client.
    pub(crate) fn hear_client(&mut self, text: &str) {
        let named: Vec<String> = self.uuid.find_iter(text).map(|id| id.as_str().to_ascii_lowercase()).collect();
        self.own.extend(named.into_iter().filter(|id| !self.ids.contains_key(id)));
    }

    /// Adds the next text of a server.
    pub(crate) fn hear_server(&mut self, text: &str) {
        for id in self.uuid.find_iter(text).map(|id| id.as_str().to_ascii_lowercase()).collect::<Vec<_>>() {
            if !self.own.contains(&id) && !self.ids.contains_key(&id) {
                let stable = format!("{:08x}-0000-4000-8000-000000000000", self.ids.len() + 1);
                self.ids.insert(id, stable);
            }
        }
        let mut moments: Vec<DateTime<Utc>> = self.date.captures_iter(text).filter_map(|found| moment(&found)).collect();
        moments.extend(self.http_date.find_iter(text).filter_map(|found| http_moment(found.as_str())));
        self.hear_moments(moments);
    }

    /// Something is of this moment.
    pub(crate) fn hear_moment(&mut self, moment: DateTime<Utc>) {
        self.hear_moments(vec![moment]);
    }

    fn hear_moments(&mut self, moments: Vec<DateTime<Utc>>) {
        for moment in moments.into_iter().filter(|moment| (self.from..=self.to).contains(moment)) {
            self.moments.insert(moment, moment);
        }
    }

    /// Ends the adding: moments get their places, each a second after the one before.
    pub(crate) fn settle(&mut self) {
        let begin: DateTime<Utc> = BEGIN.parse().expect("this is a date");
        for (number, stable) in (0..).zip(self.moments.values_mut()) {
            *stable = begin + TimeDelta::seconds(number);
        }
    }

    /// The replacement of a moment.
    pub(crate) fn moment(&self, moment: DateTime<Utc>) -> DateTime<Utc> {
        self.moments.get(&moment).copied().unwrap_or(moment)
    }

    /// The replacement of a text.
    pub(crate) fn text(&self, text: &str) -> String {
        let text = self.known.as_ref().map_or_else(|| text.to_owned(), |known| known.hide(text).text);
        let text = text_secrets::hide_tokens(&text, REMOVED).text;
        let text = self.uuid.replace_all(&text, |found: &Captures<'_>| {
            let id = found[0].to_ascii_lowercase();
            self.ids.get(&id).cloned().unwrap_or_else(|| found[0].to_owned())
        });
        let text = self.date.replace_all(&text, |found: &Captures<'_>| {
            match moment(found).and_then(|moment| self.moments.get(&moment)) {
                None => found[0].to_owned(),
                Some(stable) => {
                    let zeros = found.get(4).map_or_else(String::new, |fraction| format!(".{}", "0".repeat(fraction.len() - 1)));
                    // The zone's place is kept, its offset is not.
                    let zone = found.get(5).map_or("", |zone| if zone.as_str() == "Z" { "Z" } else { "+00:00" });
                    format!("{}{}{}{zeros}{zone}", stable.format("%Y-%m-%d"), &found[2], stable.format("%H:%M:%S"))
                }
            }
        });
        let text = self.http_date.replace_all(&text, |found: &Captures<'_>| {
            match http_moment(&found[0]).and_then(|moment| self.moments.get(&moment)) {
                None => found[0].to_owned(),
                Some(stable) => stable.format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
            }
        });
        text.into_owned()
    }

    /// A secret that is still in these bytes.
    pub(crate) fn holds_secret(&self, bytes: &[u8]) -> bool {
        self.secrets
            .iter()
            .filter(|secret| !secret.is_empty())
            .any(|secret| bytes.windows(secret.len()).any(|window| window == secret.as_bytes()))
    }
}

/// The moment of a date with its time. Without a zone it is read as UTC, as servers mean it.
fn moment(found: &Captures<'_>) -> Option<DateTime<Utc>> {
    let fraction = found.get(4).map_or("", |fraction| fraction.as_str());
    let local = format!("{}T{}{fraction}", &found[1], &found[3]);
    match found.get(5).map(|zone| zone.as_str()) {
        None => NaiveDateTime::parse_from_str(&local, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|local| local.and_utc()),
        Some("Z") => DateTime::parse_from_rfc3339(&format!("{local}Z")).ok().map(|date| date.to_utc()),
        Some(zone) => {
            DateTime::parse_from_str(&format!("{local}{zone}"), "%Y-%m-%dT%H:%M:%S%.f%z").ok().map(|date| date.to_utc())
        }
    }
}

/// The moment of a date as headers of HTTP have it.
fn http_moment(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, "%a, %d %b %Y %H:%M:%S GMT").ok().map(|date| date.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: &str = "68046976-7dcb-11f0-90ac-2a20aea25780";
    const OTHER: &str = "1f3b5c20-7dca-11f0-9c41-2a20aea25780";

    fn stable(secrets: &[&str]) -> Stable {
        let date = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let secrets = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        Stable::new(date("2026-03-01T12:00:00Z"), date("2026-03-01T12:05:00Z"), secrets).unwrap()
    }

    #[test]
    fn an_id_that_a_server_made_is_the_same_everywhere() {
        let mut stable = stable(&[]);
        stable.hear_client(&format!("/jobs/{OTHER}"));
        stable.hear_server(&format!("{JOB} of {OTHER}"));
        stable.hear_client(&format!("/jobs/{JOB}"));
        stable.settle();
        let text = stable.text(&format!("/results/{}/{OTHER}", JOB.to_uppercase()));
        assert_eq!(
            text,
            format!("/results/00000001-0000-4000-8000-000000000000/{OTHER}"),
            "what the client named is the client's"
        );
    }

    #[test]
    fn dates_of_the_run_keep_their_order_and_their_form() {
        let mut stable = stable(&[]);
        let text = "2026-03-01T12:01:00.250000Z 2026-03-01 12:00:30 2026-03-01T13:02:00+01:00 Sun, 01 Mar 2026 12:01:30 GMT 2023-12-08T18:45:00Z";
        stable.hear_server(text);
        stable.settle();
        assert_eq!(
            stable.text(text),
            "2025-01-01T00:00:01.000000Z 2025-01-01 00:00:00 2025-01-01T00:00:03+00:00 Wed, 01 Jan 2025 00:00:02 GMT 2023-12-08T18:45:00Z"
        );
    }

    #[test]
    fn a_secret_goes_wherever_it_stands() {
        let stable = stable(&["opensesame", "opensesame-and-more"]);
        assert_eq!(stable.text(r#"{"a": "opensesame-and-more", "b": "opensesame"}"#), r#"{"a": "***", "b": "***"}"#);
        assert_eq!(stable.text("b3BlbnNlc2FtZQ== password=of-nobody-known"), "***Q== password=***", "in base64, and by its name");
        assert!(stable.holds_secret(b"\0opensesame\0") && !stable.holds_secret(b"sesame"));
    }
}
