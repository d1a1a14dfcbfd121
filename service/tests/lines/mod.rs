//! What reads lines, and runs a test again as a program of its own.
#![allow(dead_code)] // not every test needs all of it

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// Keeps what is written.
#[derive(Clone, Default)]
pub struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// An object in which a key that stands twice is an error.
struct Strict(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Strict;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Strict, A::Error> {
                let mut all = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    if all.insert(key.clone(), value).is_some() {
                        return Err(serde::de::Error::custom(format!("{key} stands twice")));
                    }
                }
                Ok(Strict(all))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// One line, which is one object with each key once.
pub fn object(line: &str) -> Value {
    let Strict(all) = serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
    Value::Object(all.into_iter().collect())
}

/// All lines.
pub fn objects(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    // Not `lines`: only this ends one.
    text.split_terminator('\n').map(object).collect()
}

/// `15.2ms` as `#ms`.
pub fn without_times(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive([' ', '\n']) {
        let bare = word.trim_end();
        let is_time = bare.strip_suffix("ms").is_some_and(|time| time.parse::<f64>().is_ok());
        out.push_str(&if is_time { word.replace(bare, "#ms") } else { word.to_owned() });
    }
    out
}

pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub fn is_child() -> bool {
    std::env::var_os("TALLIED_CHILD").is_some()
}

/// This test as a program of its own.
pub struct Again {
    arguments: Vec<String>,
    environment: Vec<(String, Option<String>)>,
}

pub fn command(test: &str) -> Again {
    let exe = std::env::current_exe().unwrap().into_os_string().into_string().unwrap();
    let arguments = [&exe, "--exact", test, "--nocapture"].map(str::to_owned).to_vec();
    Again { arguments, environment: vec![("TALLIED_CHILD".into(), Some("1".into()))] }
}

impl Again {
    pub fn env(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.environment.push((name.into(), Some(value.as_ref().to_str().unwrap().into())));
        self
    }

    pub fn wrapped(mut self, program: &str, arguments: &[&str]) -> Self {
        let wrapper = [program].into_iter().chain(arguments.iter().copied()).map(str::to_owned);
        self.arguments = wrapper.chain(self.arguments).collect();
        self
    }

    pub fn build(self) -> Command {
        let mut command = Command::new(&self.arguments[0]);
        command.args(&self.arguments[1..]).env_remove("RUST_LOG");
        for (name, value) in self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    pub fn output(self) -> std::io::Result<std::process::Output> {
        self.build().output()
    }
}

pub struct Said {
    pub stdout: String,
    pub stderr: String,
}

pub fn child(test: &str, environment: &[(&str, Option<&str>)]) -> Said {
    let mut again = command(test);
    again.environment.extend(environment.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))));
    let output = again.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let read = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { stdout: read(output.stdout), stderr: read(output.stderr) }
}
