//! What must never be read by whoever reads logs: by the name of its field, or by its type.
//!
//! [`Redaction`] knows the names. The layers of [`logs`](crate::logs) ask it; [`Redacted`] asks it for a layer of somebody
//! else's, such as an exporter of spans. [`Sensitive`] needs nobody: it prints nothing.

#[cfg(feature = "logs")]
mod layer;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

#[cfg(feature = "logs")]
pub use layer::Redacted;

/// What stands in the place of a value that must not be read.
pub const REDACTED: &str = "[redacted]";

/// Names of fields that are secret unless somebody says otherwise.
const SECRET: [&str; 18] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "authorization",
    "api_key",
    "apikey",
    "credential",
    "credentials",
    "cookie",
    "private_key",
    "access_key",
    "secrets",
    "tokens",
    "passwords",
    "bearer",
];

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
        T::deserialize(deserializer).map(Sensitive)
    }
}

/// Which fields are secret, by their names.
///
/// A field is, if the words of its name have those of a secret one in a row, whatever their case and what is between them:
/// `password` makes `db.password`, `userPassword` and `PASSWORD_HASH` secret. So `token_count` is, too; [`allow`](Self::allow) it.
///
/// Secret without being told: password, passwd, passphrase, pwd, secret, token, authorization, bearer, api_key, apikey,
/// access_key, private_key, credential, cookie, and some of these in the plural.
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
}

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
        Redaction { rules: Arc::new(Rules { secret: Vec::new(), allowed: Vec::new() }) }
    }

    /// This is secret, too.
    #[must_use]
    pub fn and(mut self, name: &str) -> Self {
        Arc::make_mut(&mut self.rules).secret.extend(Some(words(name)).filter(|words| !words.is_empty()));
        self
    }

    /// Exactly this is not.
    #[must_use]
    pub fn allow(mut self, name: &str) -> Self {
        Arc::make_mut(&mut self.rules).allowed.push(words(name));
        self
    }

    /// Whether a field is secret.
    #[must_use]
    pub fn is_secret(&self, field: &str) -> bool {
        let field = words(field);
        let has = |secret: &Vec<String>| field.windows(secret.len()).any(|part| part == *secret);
        self.rules.secret.iter().any(has) && !self.rules.allowed.contains(&field)
    }

    /// What may be read of a field.
    #[must_use]
    pub fn shown<'a>(&self, field: &str, value: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(if self.is_secret(field) { REDACTED } else { value })
    }
}

/// `userPassword`, `user-password` and `USER_PASSWORD` are `user` and `password`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || was_lower && c.is_uppercase() {
            words.push(String::new());
        }
        was_lower = c.is_lowercase() || c.is_ascii_digit();
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
