//! What went wrong with a request to a store, and what to do about it.
//!
//! Knows the answers of stores, but makes no request.

use std::iter::successors;

use object_store::Error as Failure;
use url::Url;

use super::object_url::{ObjectUrl, Provider};
use crate::error::{Error, advice_without_answer, chain};

/// Codes of answers from stores that have no such bucket: of S3 and Google, of Azure.
const NO_BUCKET: [&str; 2] = ["<Code>NoSuchBucket</Code>", "<Code>ContainerNotFound</Code>"];

/// The error for a request about an object or a folder, to the store at an endpoint if one is set.
pub(super) fn failure(url: &ObjectUrl, endpoint: Option<&str>, error: Failure) -> Error {
    let text = chain(&error);
    let at = endpoint.map(|endpoint| format!(" (endpoint {endpoint})")).unwrap_or_default();
    let reason = if let Some(cause) = unconnected(&error) {
        let server = asked(&text).or(endpoint.map(str::to_owned)).unwrap_or_else(|| "the store".to_owned());
        format!("no connection to {server}: {}; {}", chain(cause), advice_without_answer(cause))
    } else if NO_BUCKET.iter().any(|code| text.contains(code)) {
        format!("there is no bucket {:?}{at}; check its name, and that this is the store which has it", url.bucket)
    } else {
        format!("{}{text}{at}", advice(&error, url.provider))
    };
    Error::Store { url: url.to_string(), reason, source: Some(Box::new(error)) }
}

fn advice(error: &Failure, provider: Provider) -> &'static str {
    match error {
        Failure::NotFound { .. } => "there is no such object; `store.list(folder)` shows what is there: ",
        Failure::PermissionDenied { .. } | Failure::Unauthenticated { .. } => match provider {
            Provider::S3 => "the store refuses; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the region: ",
            Provider::Google => "the store refuses; check GOOGLE_APPLICATION_CREDENTIALS: ",
            Provider::Azure => "the store refuses; check the account and AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN: ",
        },
        Failure::InvalidPath { .. } => "a key below it has an empty part, and only stores of S3 list such keys: ",
        _ => "",
    }
}

/// The HTTP client's own error, if there was no connection at all.
fn unconnected(error: &Failure) -> Option<&reqwest::Error> {
    let mut causes = successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source());
    causes.find_map(|cause| cause.downcast_ref::<reqwest::Error>()).filter(|cause| cause.is_connect())
}

/// The server that a request was for, which need not be the store: some credentials are asked for elsewhere.
/// `object_store` has the address of the request in its text alone.
fn asked(text: &str) -> Option<String> {
    let address = text.split_whitespace().find(|word| word.starts_with("http://") || word.starts_with("https://"))?;
    Some(Url::parse(address).ok()?.origin().ascii_serialization())
}
