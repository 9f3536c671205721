//! A store of Google Cloud: settings from the caller and the environment, in this order.

use std::{env, path::Path, sync::Arc};

use object_store::{
    StaticCredentialProvider,
    gcp::{GcpCredential, GoogleCloudStorageBuilder, GoogleConfigKey as Key},
};

use super::{
    object_url::ObjectUrl,
    store::Store,
    store_builder::{StoreBuilder, checked, is_said, options, retry},
};
use crate::error::{Error, Result};

/// The address of an emulator, as Google's own libraries read it; requests to one are not signed.
const EMULATOR: &str = "STORAGE_EMULATOR_HOST";
const NO_CREDENTIALS: &str = "there are no credentials: looked for GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_SERVICE_ACCOUNT and GOOGLE_SERVICE_ACCOUNT_KEY \
     in the environment, for what `gcloud auth application-default login` leaves in the home folder, and this is no machine of Google. Set one of them, give \
     an access token to `Store::builder(\"gs://bucket\").session_token(token)`, or say `.anonymous()` (or GS_NO_SIGN_REQUEST=YES) for a public bucket";

/// Makes the store of the bucket in an address; nothing is requested yet.
pub(super) fn build(settings: StoreBuilder, url: &ObjectUrl) -> Result<Store> {
    let refuse = |reason: String| Error::Store { url: url.to_string(), reason, source: None };
    if settings.credentials.is_some() {
        let reason = "Google's stores take no pairs of keys: give an access token to `session_token`, or set GOOGLE_APPLICATION_CREDENTIALS";
        return Err(refuse(reason.to_owned()));
    }
    let environment = GoogleCloudStorageBuilder::from_env();
    let set = |key: Key| environment.get_config_value(&key).filter(|value| !value.is_empty());
    let emulator = env::var(EMULATOR).ok().filter(|host| !host.is_empty());
    let emulator = emulator.map(|host| if host.contains("://") { host } else { format!("http://{host}") });
    let is_emulated = settings.endpoint.is_none() && emulator.is_some();
    let endpoint = settings.endpoint.or(emulator).or_else(|| set(Key::BaseUrl));
    let endpoint = endpoint.map(|endpoint| checked(&endpoint).map_err(refuse)).transpose()?;
    let is_unsigned = settings.anonymous
        || is_emulated
        || is_said("GS_NO_SIGN_REQUEST")
        || set(Key::SkipSignature).is_some_and(|value| value == "true");
    let credentials = [Key::ServiceAccount, Key::ServiceAccountKey, Key::ApplicationCredentials, Key::BearerToken];
    let has_credentials =
        settings.session_token.is_some() || credentials.into_iter().any(|key| set(key).is_some()) || has_login();
    if !is_unsigned && !has_credentials && !is_machine_of_google() {
        return Err(refuse(NO_CREDENTIALS.to_owned()));
    }
    let mut builder = environment
        .with_bucket_name(&url.bucket)
        .with_client_options(options(endpoint.is_some()))
        .with_retry(retry())
        .with_skip_signature(is_unsigned);
    if let Some(endpoint) = &endpoint {
        builder = builder.with_base_url(endpoint);
    }
    if is_unsigned {
        // So that files with credentials are not looked for.
        builder = builder.with_credentials(Arc::new(StaticCredentialProvider::new(GcpCredential { bearer: String::new() })));
    } else if let Some(token) = settings.session_token {
        builder = builder.with_bearer_token(token);
    }
    Store::of_provider(builder.build(), url, endpoint)
}

/// Whether `gcloud auth application-default login` has left credentials.
fn has_login() -> bool {
    let home = if cfg!(windows) { env::var_os("APPDATA") } else { env::var_os("HOME") };
    let file = if cfg!(windows) { "gcloud" } else { ".config/gcloud" };
    home.is_some_and(|home| Path::new(&home).join(file).join("application_default_credentials.json").is_file())
}

/// Whether this machine is one of Google, which gives its programs tokens. Elsewhere nobody answers at that
/// address.
fn is_machine_of_google() -> bool {
    env::var_os("GCE_METADATA_HOST").is_some()
        || std::fs::read_to_string("/sys/class/dmi/id/product_name").is_ok_and(|name| name.starts_with("Google"))
}
