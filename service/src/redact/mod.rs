//! What must never be read by whoever reads logs: by the name of its field, or by its type.
//!
//! [`Redaction`] knows the names. The layers of [`logs`](crate::logs) ask it; [`Redacted`] asks it for a layer of somebody
//! else's, such as an exporter of spans. [`Sensitive`] needs nobody: it prints nothing.

#[cfg(feature = "logs")]
mod layer;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, RwLock};

#[cfg(feature = "logs")]
use std::sync::PoisonError;

#[cfg(feature = "logs")]
pub use layer::Redacted;

/// What stands in the place of a value that must not be read.
pub const REDACTED: &str = "[redacted]";

/// Names of fields that are secret unless somebody says otherwise.
const SECRET: [&str; 13] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "authorization",
    "bearer",
    "api_key",
    "access_key",
    "private_key",
    "credential",
    "cookie",
];

/// A secret name of so many letters is one in the midst of a word, too: `clientsecret`, `apikey`.
const WHOLE: usize = 5;

/// A value that nobody reads by accident: `{}` and `{:?}` write `[redacted]`, and so does serde.
///
/// ```
/// use tallied_service::Sensitive;
///
/// let key = Sensitive::new("hunter2".to_owned());
/// assert_eq!(format!("{key} {key:?}"), "[redacted] [redacted]");
/// assert_eq!(key.expose(), "hunter2");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Hides it.
    pub const fn new(value: T) -> Self {
        Sensitive(value)
    }

    /// The value itself.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Sensitive(value)
    }
}

impl From<&str> for Sensitive<String> {
    fn from(value: &str) -> Self {
        Sensitive(value.to_owned())
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T> fmt::Display for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[cfg(feature = "serde")]
impl<T> serde::Serialize for Sensitive<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

#[cfg(feature = "serde")]
impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Sensitive<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // An error of its own may show the value.
        let refused = |_| serde::de::Error::custom("a sensitive value is not of the type that is expected");
        T::deserialize(deserializer).map(Sensitive).map_err(refused)
    }
}

/// Which fields are secret, by their names.
///
/// A field is, if the words of its name have those of a secret one in a row, whatever their case and what is between them, in the
/// plural too: `password` makes `db.password`, `userPasswords`, `PASSWORD_HASH` and `password2` secret; and so does one of five
/// letters or more in the midst of a word, `clientsecret`. So `token_count` is secret; [`allow`](Self::allow) it.
///
/// Secret without being told: password, passwd, passphrase, pwd, secret, token, authorization, bearer, api_key, access_key,
/// private_key, credential, cookie.
///
/// ```
/// use tallied_service::Redaction;
///
/// let redaction = Redaction::default().and("iban").allow("token_count");
/// assert!(redaction.is_secret("refreshToken"));
/// assert!(redaction.is_secret("sender.iban"));
/// assert!(!redaction.is_secret("token_count"));
/// ```
#[derive(Clone, Debug)]
pub struct Redaction {
    rules: Arc<Rules>,
    /// Of these rules.
    seen: Seen,
}

type Seen = Arc<RwLock<HashMap<&'static str, bool>>>;

#[derive(Clone, Debug)]
struct Rules {
    /// Each in words.
    secret: Vec<Vec<String>>,
    allowed: Vec<Vec<String>>,
}

impl Default for Redaction {
    fn default() -> Self {
        SECRET.iter().fold(Redaction::none(), |redaction, name| redaction.and(name))
    }
}

impl Redaction {
    /// Nothing is secret by its name.
    #[must_use]
    pub fn none() -> Self {
        Redaction { rules: Arc::new(Rules { secret: Vec::new(), allowed: Vec::new() }), seen: Seen::default() }
    }

    /// This is secret, too.
    #[must_use]
    pub fn and(mut self, name: &str) -> Self {
        self.seen = Seen::default();
        Arc::make_mut(&mut self.rules).secret.extend(Some(words(name)).filter(|words| !words.is_empty()));
        self
    }

    /// Exactly this is not.
    #[must_use]
    pub fn allow(mut self, name: &str) -> Self {
        self.seen = Seen::default();
        Arc::make_mut(&mut self.rules).allowed.push(words(name));
        self
    }

    /// Whether a field is secret.
    #[must_use]
    pub fn is_secret(&self, field: &str) -> bool {
        let field = words(field);
        // In the plural, and written in one, too.
        let is = |word: &String, secret: &String| word == secret || word.strip_suffix('s') == Some(secret);
        let has = |secret: &Vec<String>| {
            let in_a_row = |part: &[String]| part.iter().zip(secret).all(|(word, secret)| is(word, secret));
            let joined = secret.concat();
            let is_in = |word: &String| joined.len() >= WHOLE && word.contains(&joined);
            field.windows(secret.len()).any(in_a_row) || field.iter().any(is_in)
        };
        self.rules.secret.iter().any(has) && !self.rules.allowed.contains(&field)
    }

    /// The same of the name of a field, of which there are as many as there are in the program: each is looked at once.
    #[cfg(feature = "logs")]
    pub(crate) fn is_secret_field(&self, field: &'static str) -> bool {
        if let Some(is_secret) = self.seen.read().unwrap_or_else(PoisonError::into_inner).get(field) {
            return *is_secret;
        }
        let is_secret = self.is_secret(field);
        self.seen.write().unwrap_or_else(PoisonError::into_inner).insert(field, is_secret);
        is_secret
    }
}

/// `userPassword`, `user-password`, `USER_PASSWORD` and `userPassword2` have the words `user` and `password`; `APIToken` has `api`
/// and `token`.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map_or(' ', |at| chars[at]);
        let after = chars.get(at + 1).copied().unwrap_or(' ');
        let begins = !c.is_alphanumeric()
            || c.is_numeric() != before.is_numeric()
            || c.is_uppercase() && (before.is_lowercase() || after.is_lowercase());
        if begins {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_names_are_seen_however_they_are_written() {
        let redaction = Redaction::default();
        for secret in [
            "password",
            "PASSWORD",
            "db.password",
            "userPassword",
            "PASSWORD_HASH",
            "password1",
            "token2",
            "api_key1",
            "api_keys",
            "apiKeys",
            "APIKeys",
            "private_keys",
            "cookies",
            "APIToken",
            "JWTSecret",
            "XCSRFToken",
            "HTTPAuthorization",
            "accesskey",
            "clientsecret",
            "authtoken",
            "apikey",
            "set-cookie",
            "credentials",
            "pwd",
            "refreshToken",
            "X-Api-Key",
        ] {
            assert!(redaction.is_secret(secret), "{secret}");
        }
        for open in
            ["user", "path", "key", "api", "pass", "author", "status", "id", "", "_", "keyboard", "private", "cooking"]
        {
            assert!(!redaction.is_secret(open), "{open}");
        }
        let redaction = redaction.allow("token_count").and("iban");
        assert!(!redaction.is_secret("tokenCount") && redaction.is_secret("token") && redaction.is_secret("ibans"));
        assert!(!Redaction::none().is_secret("password"));
    }
}
