//! A store on S3 or one like it: settings from the caller, the environment, the user's profile, and the
//! asset, in this order.

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey as Key};
use url::Url;

use super::{
    object_url::ObjectUrl,
    profile::{Profile, is_machine_of_aws},
    store::{Lazy, Made, Store, UnplacedBucket},
    store_builder::{StoreBuilder, checked, is_said, options, retry},
};
use crate::error::{Error, Result};

const NO_CREDENTIALS: &str = "there are no credentials: looked for AWS_ACCESS_KEY_ID in the environment, for the profile in ~/.aws/credentials and \
     ~/.aws/config (AWS_PROFILE), for a role of a container, and this is no machine of AWS. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, give them to \
     `Store::builder(bucket).credentials(id, secret)`, or say `.anonymous()` (or AWS_NO_SIGN_REQUEST=YES) for a public bucket";

/// Makes the store of the bucket in an address; nothing is requested yet.
pub(super) fn build(settings: StoreBuilder, url: &ObjectUrl) -> Result<Store> {
    // A session token of the environment belongs to the keys of the environment.
    let with_token = settings.credentials.is_none();
    build_from(settings, url, Surroundings::here(with_token))
}

/// With the surroundings as an argument, so that tests can do without them.
fn build_from(settings: StoreBuilder, url: &ObjectUrl, surroundings: Surroundings) -> Result<Store> {
    let refuse = |reason: String| Error::Store { url: url.to_string(), reason, source: None };
    let Surroundings { environment, profile, is_unsigned, is_machine_of_aws } = surroundings;
    let set = |key: Key| environment.get_config_value(&key).filter(|value| !value.is_empty());
    let of_profile = |name: &str| profile.get(name).map(str::to_owned);
    // A service-specific endpoint would win over any other inside object_store, the caller's included.
    let own_endpoint =
        settings.endpoint.or_else(|| set(Key::S3Endpoint)).or_else(|| set(Key::Endpoint)).or_else(|| of_profile("endpoint_url"));
    let is_assets = own_endpoint.is_none();
    let endpoint = own_endpoint.or(settings.fallback_endpoint).map(|endpoint| checked(&endpoint).map_err(refuse)).transpose()?;
    // The place of a bucket is a fact: the asset's region comes before the user's usual one.
    let region = settings.region.or_else(|| set(Key::Region)).or(settings.fallback_region).or_else(|| of_profile("region"));
    let is_unsigned = settings.anonymous || is_unsigned || set(Key::SkipSignature).is_some_and(|value| value == "true");
    let (credentials, token) = keys(settings.credentials, settings.session_token, &environment, &profile);
    let of_role = [Key::WebIdentityTokenFile, Key::ContainerCredentialsRelativeUri, Key::ContainerCredentialsFullUri];
    let has_credentials =
        credentials.is_some() || set(Key::AccessKeyId).is_some() || of_role.into_iter().any(|key| set(key).is_some());
    if !is_unsigned && !has_credentials && (endpoint.is_some() || !is_machine_of_aws) {
        return Err(refuse(NO_CREDENTIALS.to_owned()));
    }
    if is_assets && !is_unsigned && token.is_some() {
        endpoint.as_deref().map_or(Ok(()), may_have_token).map_err(refuse)?;
    }
    let mut builder = environment
        .with_bucket_name(&url.bucket)
        .with_client_options(options(endpoint.is_some()))
        .with_retry(retry())
        .with_skip_signature(is_unsigned);
    if let Some((id, secret)) = credentials {
        builder = builder.with_access_key_id(id).with_secret_access_key(secret);
    }
    if let Some(token) = token {
        builder = builder.with_token(token);
    }
    if settings.requester_pays {
        builder = builder.with_request_payer(true);
    }
    connect(builder, url, endpoint, region)
}

/// The store at a place.
fn connect(mut builder: AmazonS3Builder, url: &ObjectUrl, endpoint: Option<String>, region: Option<String>) -> Result<Store> {
    if let Some(endpoint) = &endpoint {
        builder = builder.with_endpoint(endpoint).with_config(Key::S3Endpoint, endpoint);
    }
    if let Some(region) = &region {
        builder = builder.with_region(region);
    }
    let made = Made::on_s3(builder.clone(), url)?;
    let inner = match (&endpoint, &region) {
        // A bucket of AWS answers a request for its region.
        (None, None) => Lazy::for_bucket(UnplacedBucket { builder, address: address_of(&url.bucket), url: url.clone() }),
        _ => Lazy::built(made),
    };
    Ok(Store::new(inner, url.root(), endpoint, region))
}

/// Where a bucket of AWS answers, wherever it is. The certificate is for names without further dots.
fn address_of(bucket: &str) -> String {
    if bucket.contains('.') { format!("https://s3.amazonaws.com/{bucket}") } else { format!("https://{bucket}.s3.amazonaws.com") }
}

/// A session token goes to AWS, and where the user says.
fn may_have_token(endpoint: &str) -> Result<(), String> {
    if is_of_aws(endpoint) {
        return Ok(());
    }
    Err(format!(
        "the asset says that it lies at {endpoint}, which would be sent your session token; if you trust it, set AWS_ENDPOINT_URL={endpoint} or say \
         `Store::builder(bucket).endpoint(…)`"
    ))
}

/// The access key with its secret, and the token that belongs to them.
fn keys(
    credentials: Option<(String, String)>,
    token: Option<String>,
    environment: &AmazonS3Builder,
    profile: &Profile,
) -> (Option<(String, String)>, Option<String>) {
    let set = |key: Key| environment.get_config_value(&key).filter(|value| !value.is_empty());
    let of_profile = |name: &str| profile.get(name).map(str::to_owned);
    match (credentials, set(Key::AccessKeyId)) {
        (Some(keys), _) => (Some(keys), token),
        (None, Some(_)) => (None, token.or_else(|| set(Key::Token))),
        (None, None) => {
            let keys = of_profile("aws_access_key_id").zip(of_profile("aws_secret_access_key"));
            (keys, token.or_else(|| of_profile("aws_session_token")))
        }
    }
}

fn is_of_aws(endpoint: &str) -> bool {
    let host = Url::parse(endpoint).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    endpoint.starts_with("https://") && (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"))
}

/// What a machine and its user have set.
struct Surroundings {
    /// The settings in `AWS_*` variables; empty ones count as not set.
    environment: AmazonS3Builder,
    profile: Profile,
    /// Whether requests are not signed (`AWS_NO_SIGN_REQUEST`, as in GDAL).
    is_unsigned: bool,
    is_machine_of_aws: bool,
}

impl Surroundings {
    fn here(with_token: bool) -> Self {
        let environment = std::env::vars_os().fold(AmazonS3Builder::new(), |builder, (name, value)| {
            let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { return builder };
            match name.to_ascii_lowercase().parse::<Key>() {
                Ok(Key::Token) if !with_token => builder,
                Ok(key) if name.starts_with("AWS_") && !value.is_empty() => builder.with_config(key, value),
                _ => builder,
            }
        });
        let is_unsigned = is_said("AWS_NO_SIGN_REQUEST");
        Self { environment, profile: Profile::of_environment(), is_unsigned, is_machine_of_aws: is_machine_of_aws() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    impl StoreBuilder {
        fn build_from(self, surroundings: Surroundings) -> Result<Store> {
            let url = self.url()?;
            build_from(self, &url, surroundings)
        }
    }

    fn asset() -> stac::Asset {
        serde_json::from_value(json!({
            "href": "s3://results/job/otsu.tif", "storage:endpoint": "http://localstack.svc:4566", "storage:region": "eu-x"
        }))
        .expect("asset")
    }

    fn nothing() -> Surroundings {
        let (environment, profile) = (AmazonS3Builder::new(), Profile::default());
        Surroundings { environment, profile, is_unsigned: false, is_machine_of_aws: false }
    }

    fn keys() -> AmazonS3Builder {
        AmazonS3Builder::new().with_access_key_id("id").with_secret_access_key("hush")
    }

    fn with(environment: AmazonS3Builder) -> Surroundings {
        Surroundings { environment, ..nothing() }
    }

    #[test]
    fn settings_come_in_order() {
        let store = |builder: StoreBuilder, environment| builder.build_from(with(environment)).expect("store");
        let settings = |store: &Store| (store.endpoint().map(str::to_owned), store.region().map(str::to_owned));
        let both = |endpoint: &str, region: &str| (Some(endpoint.to_owned()), Some(region.to_owned()));
        let from_asset = store(Store::builder("results").asset(&asset()), keys());
        assert_eq!(settings(&from_asset), both("http://localstack.svc:4566", "eu-x"));
        let set = keys().with_endpoint("http://set:1").with_region("us-east-1");
        let from_environment = store(Store::builder("results").asset(&asset()), set.clone());
        assert_eq!(settings(&from_environment), both("http://set:1", "us-east-1"));
        let s3 = set.with_config(Key::S3Endpoint, "http://s3-only:1");
        assert_eq!(store(Store::builder("results"), s3.clone()).endpoint(), Some("http://s3-only:1"));
        let explicit = store(Store::builder("results").endpoint("http://explicit:1/").region("r"), s3);
        assert_eq!(settings(&explicit), both("http://explicit:1", "r"));
    }

    #[test]
    fn profile_gives_what_the_environment_does_not() {
        let profile = Profile::from_iter([
            ("aws_access_key_id", "id"),
            ("aws_secret_access_key", "hush"),
            ("region", "us-west-2"),
            ("endpoint_url", "http://minio:9000"),
        ]);
        let surroundings = || Surroundings { profile: profile.clone(), ..nothing() };
        let store = Store::builder("b").build_from(surroundings()).expect("keys of the profile");
        assert_eq!((store.endpoint(), store.region()), (Some("http://minio:9000"), Some("us-west-2")));
        // The asset knows best where the data is. The user decides which store is asked.
        let store = Store::builder("b").asset(&asset()).build_from(surroundings()).expect("store");
        assert_eq!((store.endpoint(), store.region()), (Some("http://minio:9000"), Some("eu-x")));
    }

    #[test]
    fn missing_credentials_are_named_before_any_request() {
        for builder in [Store::builder("results").asset(&asset()), Store::builder("sentinel-cogs")] {
            let error = builder.clone().build_from(nothing()).expect_err("no credentials").to_string();
            for words in ["Set AWS_ACCESS_KEY_ID", "AWS_PROFILE", ".anonymous()"] {
                assert!(error.contains(words), "{error}");
            }
            assert!(builder.clone().anonymous().build_from(nothing()).is_ok());
            assert!(builder.build_from(Surroundings { is_unsigned: true, ..nothing() }).is_ok());
        }
        let machine = Surroundings { is_machine_of_aws: true, ..nothing() };
        assert!(Store::builder("b").build_from(machine).is_ok());
    }

    #[test]
    fn what_is_wrong_with_settings_is_said_of_the_object_that_was_meant() {
        for (address, shown) in [("results", "s3://results/"), ("s3://results/a/x.tif", "s3://results/a/x.tif")] {
            let error = Store::builder(address).build_from(nothing()).expect_err("no credentials").to_string();
            assert!(error.starts_with(&format!("{shown} cannot be read: there are no credentials")), "{error}");
        }
        let store = Store::builder("s3://results/a/x.tif").region("r").build_from(with(keys())).expect("store");
        assert_eq!(store.resolve("b.tif").expect("key").to_string(), "s3://results/b.tif");
    }

    #[test]
    fn unusable_endpoints_are_refused_with_advice() {
        for endpoint in
            ["localhost:9000", "127.0.0.1:9000", "minio", "ftp://host", "http://", "http://h/?x=1", "http://me:hush@h"]
        {
            let errors = [
                Store::builder("b").endpoint(endpoint).build_from(with(keys())),
                Store::builder("b").build_from(with(keys().with_endpoint(endpoint))),
                Store::builder("b").asset(&asset_at(endpoint)).build_from(with(keys())),
            ];
            for error in errors {
                let error = error.expect_err(endpoint).to_string();
                assert!(error.contains("http://localhost:9000") && !error.contains("hush"), "{error}");
            }
        }
        // An asset that says nothing says nothing.
        let store = Store::builder("b").asset(&asset_at("")).region("r").build_from(with(keys())).expect("store");
        assert_eq!(store.endpoint(), None);
    }

    fn asset_at(endpoint: &str) -> stac::Asset {
        serde_json::from_value(json!({"href": "s3://b/x.tif", "storage:endpoint": endpoint})).expect("asset")
    }

    #[test]
    fn session_tokens_go_where_the_user_says() {
        let temporary = || with(keys().with_token("hush"));
        let error = Store::builder("b").asset(&asset()).build_from(temporary()).expect_err("not the user's endpoint").to_string();
        assert!(error.contains("AWS_ENDPOINT_URL=http://localstack.svc:4566") && !error.contains("hush"), "{error}");
        for store in [
            Store::builder("b").asset(&asset()).endpoint("http://localstack.svc:4566").build_from(temporary()),
            Store::builder("b").asset(&asset_at("https://s3.eu-west-1.amazonaws.com")).build_from(temporary()),
            Store::builder("b").asset(&asset()).build_from(with(keys())),
        ] {
            store.expect("store");
        }
    }

    #[test]
    fn no_secret_in_debug() {
        let builder = Store::builder("b").credentials("id", "hush").session_token("hush");
        assert!(!format!("{builder:?}").contains("hush"));
        let store = builder.build_from(with(keys())).expect("store");
        assert!(!format!("{store:?}").contains("hush"));
    }
}
