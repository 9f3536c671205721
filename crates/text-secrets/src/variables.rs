//! Variables that hold secrets, by their names and the length of their values.

/// A variable's value of this length is a secret whatever it is made of; a shorter one, from
/// [`SHORTEST_VALUE`] on, if it is no plain word.
const LONG_VALUE: usize = 12;
/// See [`LONG_VALUE`].
pub(crate) const SHORTEST_VALUE: usize = 8;

/// Whether a variable holds a secret.
pub fn is_secret_variable(name: &str, value: &str) -> bool {
    is_secret_name(name) && is_secret_value(value)
}

/// Whether the value of a variable of this name is a secret. One rule: a part of its name says so (`TOKEN`,
/// `SECRET`, `PASSWORD`, `PASSWD`, `PASSPHRASE`, `PWD`, `CREDENTIAL`, `APIKEY`, `SIGNATURE`, alone or in the
/// plural, or at the end of a part, as in `PGPASSWORD`), or the name ends with `_KEY` or `_KEYS`, or contains
/// `ACCESS_KEY`. `PUBLIC_KEY` is none, nor are `PWD` and `OLDPWD`.
pub(crate) fn is_secret_name(variable: &str) -> bool {
    const WORDS: &[&str] = &["TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "SIGNATURE"];
    const ENDS: &[&str] = &["PASSWORD", "PASSWD", "APIKEY", "SECRETKEY", "ACCESSKEY", "PRIVATEKEY", "ACCOUNTKEY"];
    let name = variable.to_ascii_uppercase();
    let parts: Vec<&str> = name.split(['_', '-', '.']).map(|part| part.strip_suffix('S').unwrap_or(part)).collect();
    let says = |part: &&str| WORDS.contains(part) || ENDS.iter().any(|end| part.ends_with(end));
    let is_key = parts.len() > 1 && parts.last() == Some(&"KEY") && !parts.contains(&"PUBLIC");
    let is_password = parts.len() > 1 && parts.contains(&"PWD");
    parts.iter().any(says) || is_key || is_password || name.contains("ACCESS_KEY")
}

/// Whether a variable's value is long enough to be a secret: `postgres` and `true` are words that mean other
/// things, too.
pub(crate) fn is_secret_value(value: &str) -> bool {
    let length = value.chars().count();
    let is_word = value.chars().all(char::is_lowercase) || value.chars().all(char::is_uppercase);
    length >= LONG_VALUE || length >= SHORTEST_VALUE && !is_word
}

#[cfg(test)]
mod tests {
    #[test]
    fn variables_hold_secrets_by_their_names() {
        for name in [
            "API_TOKENS",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AZURE_STORAGE_KEY",
            "CDSAPI_KEY",
            "DB_PASSWORD",
            "DB_PWD",
            "GOOGLE_CREDENTIALS",
            "MAPBOX_KEY",
            "OPENAI_API_KEY",
            "OPENAI_KEY",
            "PASSWORDS",
            "PGPASSWORD",
            "S3_KEY",
            "SECRETKEY",
            "SECRETS",
            "SSH_KEY",
            "SSH_KEYS",
            "github_token",
        ] {
            assert!(super::is_secret_name(name), "{name}");
        }
        for name in [
            "AWS_ENDPOINT_URL",
            "AWS_REGION",
            "CARGO_REGISTRIES_X_INDEX",
            "KEY",
            "KEYBOARD",
            "KEYMAP_LAYOUT",
            "OLDPWD",
            "PATH",
            "PUBLIC_KEY",
            "PWD",
            "TOKENIZER",
        ] {
            assert!(!super::is_secret_name(name), "{name}");
        }
        for (value, is_secret) in
            [("postgres", false), ("true", false), ("pa55word", true), ("s3cr3t", false), ("correcthorsebattery", true)]
        {
            assert_eq!(super::is_secret_value(value), is_secret, "{value}");
        }
    }
}
