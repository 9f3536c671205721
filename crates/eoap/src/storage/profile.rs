//! The user's settings for AWS in `~/.aws/config` and `~/.aws/credentials`, as the AWS command line reads
//! them.
//!
//! Reads keys, region and endpoint of one profile. What signs in interactively (SSO), assumes roles or runs
//! programs is not done here.

use std::{
    collections::HashMap,
    env,
    path::{Path, PathBuf},
};

/// What a profile says; the file of credentials comes before that of settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Profile(HashMap<String, String>);

impl Profile {
    /// The profile that `AWS_PROFILE` names, or else `default`. Empty if it does not exist.
    pub(crate) fn of_environment() -> Self {
        let name = env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned());
        let file = |variable: &str, usual: &str| {
            let path = env::var_os(variable).map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".aws").join(usual)));
            path.and_then(|path| std::fs::read_to_string(path as PathBuf).ok()).unwrap_or_default()
        };
        let (config, credentials) = (file("AWS_CONFIG_FILE", "config"), file("AWS_SHARED_CREDENTIALS_FILE", "credentials"));
        Self::read(&name, &config, &credentials)
    }

    /// Reads a profile from the text of both files.
    fn read(name: &str, config: &str, credentials: &str) -> Self {
        // In `config`, all sections but the default one are called `profile NAME`.
        let mut members = section(config, |title| {
            title == name && name == "default" || title.strip_prefix("profile ").map(str::trim) == Some(name)
        });
        members.extend(section(credentials, |title| title == name));
        Self(members)
    }

    /// A setting, such as `region`.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// The settings of the matching sections. Indented lines belong to nested settings, which are not used here.
fn section(text: &str, is_meant: impl Fn(&str) -> bool) -> HashMap<String, String> {
    let mut members = HashMap::new();
    let mut is_inside = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(title) = trimmed.strip_prefix('[') {
            is_inside = is_meant(title.split(']').next().unwrap_or_default().trim());
        } else if is_inside
            && !line.starts_with([' ', '\t'])
            && let Some((name, value)) = trimmed.split_once('=')
        {
            // A comment begins with a blank and a hash sign.
            let value = value.split(" #").next().unwrap_or_default();
            members.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    members
}

/// Whether this machine is one of AWS, which gives its programs the keys of its role. Elsewhere nobody
/// answers at that address, and a request takes half a minute.
pub(crate) fn is_machine_of_aws() -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let vendor = || {
        ["/sys/devices/virtual/dmi/id/sys_vendor", "/sys/devices/virtual/dmi/id/bios_vendor", "/sys/hypervisor/uuid"]
            .iter()
            .filter_map(|path| std::fs::read_to_string(Path::new(path)).ok())
            .any(|text| text.starts_with("Amazon") || text.starts_with("ec2"))
    };
    let is_off = env::var("AWS_EC2_METADATA_DISABLED").is_ok_and(|value| value.eq_ignore_ascii_case("true"));
    !is_off && (set("AWS_METADATA_ENDPOINT") || set("AWS_EC2_METADATA_SERVICE_ENDPOINT") || vendor())
}

#[cfg(test)]
impl<'a> FromIterator<(&'a str, &'a str)> for Profile {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(members: I) -> Self {
        Self(members.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "[default]\nregion = eu-central-1\n\n[profile work]\nregion=us-west-2 # near the data\ns3 =\n  region = no\n\
                          endpoint_url = http://minio:9000\n[work]\nregion = wrong\n";
    const CREDENTIALS: &str = "# keys\n[default]\naws_access_key_id = A\naws_secret_access_key = hush = hush\n\
                               [work]\nAWS_ACCESS_KEY_ID = W\n[profile work]\naws_access_key_id = no\n";

    #[test]
    fn profiles_are_read_as_the_command_line_does() {
        let profile = |name| Profile::read(name, CONFIG, CREDENTIALS);
        let default = profile("default");
        assert_eq!((default.get("region"), default.get("aws_access_key_id")), (Some("eu-central-1"), Some("A")));
        assert_eq!(default.get("aws_secret_access_key"), Some("hush = hush"));
        let work = profile("work");
        assert_eq!((work.get("region"), work.get("aws_access_key_id")), (Some("us-west-2"), Some("W")));
        assert_eq!(work.get("endpoint_url"), Some("http://minio:9000"));
        assert_eq!(profile("other"), Profile::default());
        assert_eq!(Profile::read("default", "", "").get("region"), None);
    }
}
