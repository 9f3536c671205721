//! A store of Azure: settings from the caller and the environment, in this order.

use std::{collections::HashMap, env};

use object_store::azure::{AzureConfigKey as Key, MicrosoftAzureBuilder};
use url::Url;

use super::{
    object_url::ObjectUrl,
    store::Store,
    store_builder::{StoreBuilder, checked, is_said, options, retry},
};
use crate::error::{Error, Result};

const NO_ACCOUNT: &str = "there is no account: set AZURE_STORAGE_ACCOUNT_NAME (or AZURE_STORAGE_ACCOUNT, or AZURE_STORAGE_CONNECTION_STRING), or give \
     `Store::builder(\"az://container\")` an `.endpoint(\"https://account.blob.core.windows.net\")`";
const NO_CREDENTIALS: &str = "there are no credentials: looked for AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_TOKEN, AZURE_STORAGE_CONNECTION_STRING, \
     AZURE_CLIENT_ID with AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE, AZURE_USE_AZURE_CLI in the environment, and this is no machine of Azure. Set \
     one of them, give them to `Store::builder(\"az://container\").credentials(account, key)`, or say `.anonymous()` (or AZURE_NO_SIGN_REQUEST=YES) for a \
     public container";

/// What Azure's own tools call what `object_store` has other names for.
const ALIASES: [(&str, Key); 2] = [("AZURE_STORAGE_ACCOUNT", Key::AccountName), ("AZURE_STORAGE_KEY", Key::AccessKey)];

/// Makes the store of the bucket in an address; nothing is requested yet.
pub(super) fn build(settings: StoreBuilder, url: &ObjectUrl) -> Result<Store> {
    let refuse = |reason: String| Error::Store { url: url.to_string(), reason, source: None };
    let mut builder = environment();
    if let Some((account, key)) = settings.credentials {
        builder = builder.with_account(account).with_access_key(key);
    }
    if let Some(signature) = settings.session_token {
        builder = builder.with_config(Key::SasKey, signature);
    }
    let set = |builder: &MicrosoftAzureBuilder, key: Key| builder.get_config_value(&key).filter(|value| !value.is_empty());
    let is_emulator = set(&builder, Key::UseEmulator).is_some_and(|value| value == "true");
    let endpoint = settings.endpoint.or_else(|| set(&builder, Key::Endpoint));
    let endpoint = endpoint.map(|endpoint| checked(&endpoint).map_err(refuse)).transpose()?;
    if set(&builder, Key::AccountName).is_none() && !is_emulator {
        match endpoint.as_deref().and_then(account_of) {
            Some(account) => builder = builder.with_account(account),
            None => return Err(refuse(NO_ACCOUNT.to_owned())),
        }
    }
    let is_unsigned = settings.anonymous
        || is_said("AZURE_NO_SIGN_REQUEST")
        || set(&builder, Key::SkipSignature).is_some_and(|value| value == "true");
    let credentials = [
        Key::AccessKey,
        Key::SasKey,
        Key::Token,
        Key::ClientSecret,
        Key::FederatedTokenFile,
        Key::UseAzureCli,
        Key::FabricSessionToken,
    ];
    let has_credentials = credentials.into_iter().any(|key| set(&builder, key).is_some());
    if !is_unsigned && !has_credentials && !is_emulator && !is_machine_of_azure() {
        return Err(refuse(NO_CREDENTIALS.to_owned()));
    }
    builder = builder
        .with_container_name(&url.bucket)
        .with_client_options(options(endpoint.is_some()))
        .with_retry(retry())
        .with_skip_signature(is_unsigned);
    if let Some(endpoint) = &endpoint {
        builder = builder.with_endpoint(endpoint.clone());
    }
    Store::of_provider(builder.build(), url, endpoint)
}

/// The settings of the environment.
fn environment() -> MicrosoftAzureBuilder {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let mut builder = MicrosoftAzureBuilder::from_env();
    let connection = variable("AZURE_STORAGE_CONNECTION_STRING").map(|text| connection(&text)).unwrap_or_default();
    let aliases = ALIASES.into_iter().filter_map(|(name, key)| Some((key, variable(name)?)));
    for (key, value) in aliases.chain(connection) {
        if builder.get_config_value(&key).is_none() {
            builder = builder.with_config(key, value);
        }
    }
    builder
}

/// The settings in a connection string, as Azure's portal shows it.
fn connection(text: &str) -> Vec<(Key, String)> {
    let members: HashMap<_, _> = text.split(';').filter_map(|member| member.split_once('=')).collect();
    let member = |name: &str, key: Key| Some((key, members.get(name)?.trim().to_owned()));
    let suffix = members.get("EndpointSuffix").zip(members.get("AccountName"));
    let usual = suffix.map(|(suffix, account)| (Key::Endpoint, format!("https://{account}.blob.{suffix}")));
    [
        member("AccountName", Key::AccountName),
        member("AccountKey", Key::AccessKey),
        member("SharedAccessSignature", Key::SasKey),
        member("BlobEndpoint", Key::Endpoint).or(usual),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The account of an endpoint such as `https://account.blob.core.windows.net` or an emulator's
/// `http://127.0.0.1:10000/account`.
fn account_of(endpoint: &str) -> Option<String> {
    let url = Url::parse(endpoint).ok()?;
    let of_path = url.path_segments().and_then(|mut segments| segments.next()).filter(|segment| !segment.is_empty());
    let of_host = || url.domain()?.split_once('.').map(|(account, _)| account);
    of_path.or_else(of_host).map(str::to_owned)
}

/// Whether this machine is one of Azure, which gives its programs tokens. Elsewhere nobody answers at that
/// address.
fn is_machine_of_azure() -> bool {
    // The number that Microsoft gives all of them.
    let tag = "7783-7084-3265-9085-8269-3286-77";
    ["IDENTITY_ENDPOINT", "MSI_ENDPOINT"].iter().any(|name| env::var_os(name).is_some())
        || std::fs::read_to_string("/sys/class/dmi/id/chassis_asset_tag").is_ok_and(|text| text.trim() == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings_are_read() {
        let text = "DefaultEndpointsProtocol=https;AccountName=me;AccountKey=aGk=;EndpointSuffix=core.windows.net";
        let found: HashMap<_, _> = connection(text).into_iter().collect();
        assert_eq!(found[&Key::AccountName], "me");
        assert_eq!(found[&Key::AccessKey], "aGk=");
        assert_eq!(found[&Key::Endpoint], "https://me.blob.core.windows.net");
        let found: HashMap<_, _> =
            connection("BlobEndpoint=http://127.0.0.1:1/me;SharedAccessSignature=sv=1&sig=a%3D").into_iter().collect();
        assert_eq!(found[&Key::SasKey], "sv=1&sig=a%3D");
        assert_eq!(found[&Key::Endpoint], "http://127.0.0.1:1/me");
    }

    #[test]
    fn account_is_that_of_the_endpoint() {
        assert_eq!(account_of("https://me.blob.core.windows.net").as_deref(), Some("me"));
        assert_eq!(account_of("http://127.0.0.1:10000/devstoreaccount1").as_deref(), Some("devstoreaccount1"));
        assert_eq!(account_of("http://127.0.0.1:10000"), None);
    }
}
