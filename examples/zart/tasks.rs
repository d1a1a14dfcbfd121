//! The tasks of this program: documents that are published, and numbers that take their time.

use std::io::ErrorKind;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zart::{Context, Registry, Stop};

/// So many numbers are gone through at once.
const STRETCH: u64 = 1 << 16;
/// It would take a day.
const MOST: u64 = 1_000_000_000_000;

/// A document on its way.
#[derive(Deserialize)]
struct Document {
    title: String,
    text: String,
    /// One that must be there before.
    after: Option<String>,
    /// Whether somebody has to say yes, by the event `approved`.
    #[serde(default)]
    ask: bool,
}

/// What is known of its text.
#[derive(Serialize, Deserialize)]
struct Parsed {
    words: usize,
    lines: usize,
}

#[derive(Deserialize, Serialize)]
struct Approval {
    by: String,
}

/// What this program can do. Documents are published as files of this folder.
pub fn registry(folder: PathBuf) -> Registry {
    Registry::new()
        .task("publish", move |context, input| publish(context, input, folder.clone()))
        .task("count_primes", count_primes)
}

async fn publish(context: Context, input: Value, folder: PathBuf) -> Result<Value, Stop> {
    let document: Document = from(input)?;
    let parsed: Parsed = context.step("parse", async { parse(&document) }).await?;
    if let Some(after) = &document.after {
        context.step("link", async { link(&folder, after) }).await?;
    }
    let by =
        if document.ask { context.event::<Approval>("approve", "approved").await?.by } else { "nobody".to_owned() };
    let bytes: u64 = context.step("write", write(&folder, &document)).await?;
    Ok(json!({ "words": parsed.words, "lines": parsed.lines, "bytes": bytes, "approved_by": by }))
}

fn parse(document: &Document) -> Result<Parsed, Stop> {
    let words = document.text.split_whitespace().count();
    if words == 0 {
        return Err(Stop::Fail(format!("`{}` has no words", document.title)));
    }
    file_of(Path::new(""), &document.title)?;
    Ok(Parsed { words, lines: document.text.lines().count() })
}

/// Whether the other document is there. It may come.
fn link(folder: &Path, after: &str) -> Result<(), Stop> {
    if file_of(folder, after)?.is_file() { Ok(()) } else { Err(Stop::Retry(format!("`{after}` is not published yet"))) }
}

async fn write(folder: &Path, document: &Document) -> Result<u64, Stop> {
    let file = file_of(folder, &document.title)?;
    let bytes = document.text.clone().into_bytes();
    let length = bytes.len() as u64;
    let written = tokio::task::spawn_blocking(move || std::fs::write(file, bytes)).await;
    match written {
        Ok(Ok(())) => Ok(length),
        Ok(Err(error)) if error.kind() == ErrorKind::PermissionDenied => Err(Stop::Fail(error.to_string())),
        Ok(Err(error)) => Err(Stop::Retry(error.to_string())),
        Err(error) => Err(Stop::Retry(error.to_string())),
    }
}

/// A title is a name in the folder, and nowhere else.
fn file_of(folder: &Path, title: &str) -> Result<PathBuf, Stop> {
    let is_of = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if title.is_empty() || title.len() > 100 || !title.chars().all(is_of) {
        return Err(Stop::Fail(format!("`{title}` is no title: letters, digits, `-` and `_`, at most 100")));
    }
    Ok(folder.join(title).with_extension("txt"))
}

#[derive(Deserialize)]
struct Below {
    below: u64,
    /// How many numbers are a part: what is lost when the worker dies.
    part: Option<NonZeroU64>,
}

/// Counts primes, part by part: what was counted is not counted again when the task goes on elsewhere.
async fn count_primes(context: Context, input: Value) -> Result<Value, Stop> {
    let Below { below, part } = from(input)?;
    if below > MOST {
        return Err(Stop::Fail(format!("`below` is {below}: at most {MOST}")));
    }
    let (size, mut primes) = (part.map_or(STRETCH, NonZeroU64::get), 0);
    for part in 0..below.div_ceil(size) {
        let (from, to) = (part * size, below.min((part + 1).saturating_mul(size)));
        let count = async move {
            let is_wanted = Arc::new(());
            let still = Arc::downgrade(&is_wanted);
            let counting = tokio::task::spawn_blocking(move || primes_between(from, to, || still.strong_count() > 0));
            // Held until here: where the task is dropped, the counting ends too.
            let counted = counting.await;
            drop(is_wanted);
            counted.map_err(|error| Stop::Retry(error.to_string()))
        };
        primes += context.part("sieve", part, count).await?;
    }
    Ok(json!({ "primes": primes }))
}

/// Stretch by stretch, as long as somebody wants to know.
fn primes_between(from: u64, to: u64, is_wanted: impl Fn() -> bool) -> u64 {
    let starts = (from..to).step_by(usize::try_from(STRETCH).unwrap_or(usize::MAX)).take_while(|_| is_wanted());
    starts.map(|start| primes_of_stretch(start, to.min(start + STRETCH))).sum()
}

/// By a sieve of this stretch alone.
fn primes_of_stretch(from: u64, to: u64) -> u64 {
    let length = usize::try_from(to - from).unwrap_or_default();
    let mut composite = vec![false; length];
    for divisor in (2..).take_while(|divisor| divisor * divisor < to) {
        let first = (from.div_ceil(divisor) * divisor).max(divisor * divisor);
        for multiple in (first..to).step_by(usize::try_from(divisor).unwrap_or(usize::MAX)) {
            composite[usize::try_from(multiple - from).unwrap_or_default()] = true;
        }
    }
    let is_prime = |(number, composite): &(u64, &bool)| *number > 1 && !**composite;
    (from..).zip(&composite).filter(is_prime).count() as u64
}

fn from<T: serde::de::DeserializeOwned>(input: Value) -> Result<T, Stop> {
    serde_json::from_value(input).map_err(|why| Stop::Fail(format!("the input: {why}")))
}

#[test]
fn primes_are_counted_in_parts() {
    let between = |from, to| primes_between(from, to, || true);
    assert_eq!(between(0, 100), 25);
    assert_eq!(between(0, 50) + between(50, 100), 25);
    assert_eq!(between(0, STRETCH) + between(STRETCH, 1_000_000), 78_498);
    assert_eq!(primes_between(0, 1_000_000, || false), 0);
}
