//! The work: a queue of files, four workers, and the four steps of a file.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tallied::observed;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;

const WORKERS: usize = 4;
/// A larger file is refused: the index holds whole files.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// How many words are worked on between two chances to be cancelled.
const AT_ONCE: usize = 4096;

/// How often each word was seen.
#[derive(Default)]
pub struct Index {
    words: Mutex<HashMap<String, u64>>,
}

/// Why a file is not in the index.
#[derive(Debug)]
pub enum Failure {
    Unreadable(std::io::Error),
    TooLarge(u64),
    NotText(std::str::Utf8Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Failure::TooLarge(bytes) => write!(f, "has {bytes} bytes or more; {MOST_BYTES} are the most"),
            Failure::NotText(error) => write!(f, "is not UTF-8 behind byte {}", error.valid_up_to()),
        }
    }
}

/// One file, from its path to its words in the index.
#[observed(task_name, histogram, in_flight)]
async fn index_file(path: &Path, index: &Index) -> Result<usize, Failure> {
    let bytes = read(path).await?;
    let text = decode(&bytes)?;
    let words = tokenise(text).await;
    Ok(count(words, index).await)
}

#[observed(step_name, histogram)]
async fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let file = tokio::fs::File::open(path).await.map_err(Failure::Unreadable)?;
    let size = file.metadata().await.map_err(Failure::Unreadable)?.len();
    if size > MOST_BYTES {
        return Err(Failure::TooLarge(size));
    }
    let mut bytes = Vec::new();
    // One more than may be: a file that grows meanwhile, or does not know its size, is not cut in silence.
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes).await.map_err(Failure::Unreadable)?;
    if read as u64 > MOST_BYTES {
        return Err(Failure::TooLarge(read as u64));
    }
    Ok(bytes)
}

#[observed(step_name, histogram)]
fn decode(bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(Failure::NotText)
}

#[observed(step_name, histogram)]
async fn tokenise(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, word) in text.split(|c: char| !c.is_alphanumeric()).enumerate() {
        if !word.is_empty() {
            words.push(word.to_lowercase());
        }
        if at % AT_ONCE == AT_ONCE - 1 {
            tokio::task::yield_now().await;
        }
    }
    words
}

#[observed(step_name, histogram)]
async fn count(words: Vec<String>, index: &Index) -> usize {
    let mut own: HashMap<String, u64> = HashMap::new();
    let total = words.len();
    for (at, word) in words.into_iter().enumerate() {
        *own.entry(word).or_default() += 1;
        if at % AT_ONCE == AT_ONCE - 1 {
            tokio::task::yield_now().await;
        }
    }
    // All or nothing: a file that is cancelled leaves no word behind.
    let mut shared = index.words.lock().unwrap_or_else(PoisonError::into_inner);
    for (word, times) in own {
        *shared.entry(word).or_default() += times;
    }
    total
}

/// What became of the files.
#[derive(Default)]
pub struct Report {
    done: u64,
    words: usize,
    failed: Vec<(PathBuf, Failure)>,
    cancelled: Vec<PathBuf>,
    unlisted: Vec<(PathBuf, std::io::Error)>,
    distinct: usize,
    most: Option<(String, u64)>,
}

impl Report {
    fn files(&self) -> usize {
        usize::try_from(self.done).unwrap_or(usize::MAX) + self.failed.len() + self.cancelled.len()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most_shown = 5;
        for (path, why) in self.failed.iter().take(most_shown) {
            writeln!(f, "  failed: {} {why}", path.display())?;
        }
        for path in self.cancelled.iter().take(most_shown) {
            writeln!(f, "  cancelled: {} took too long", path.display())?;
        }
        for (path, why) in self.unlisted.iter().take(most_shown) {
            writeln!(f, "  passed over: {} cannot be listed: {why}", path.display())?;
        }
        let (files, failed, cancelled) = (self.files(), self.failed.len(), self.cancelled.len());
        writeln!(f, "{files} files: {} indexed, {failed} failed, {cancelled} cancelled", self.done)?;
        write!(f, "{} words, {} of them different", self.words, self.distinct)?;
        match &self.most {
            Some((word, times)) => write!(f, "; `{word}` is the most frequent, {times} times"),
            None => Ok(()),
        }
    }
}

/// Indexes every file under `folder`; each may take as long as `limit`.
pub async fn run(folder: &Path, index: Arc<Index>, limit: Duration) -> Report {
    let (queue, files) = mpsc::channel::<PathBuf>(64);
    let files = Arc::new(tokio::sync::Mutex::new(files));
    let report = Arc::new(Mutex::new(Report::default()));
    let progress = Arc::new(Mutex::new(Instant::now()));
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (files, index) = (Arc::clone(&files), Arc::clone(&index));
            let (report, progress) = (Arc::clone(&report), Arc::clone(&progress));
            tokio::spawn(async move {
                loop {
                    let next = files.lock().await.recv().await;
                    let Some(path) = next else { break };
                    let end = tokio::time::timeout(limit, index_file(&path, &index)).await;
                    let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
                    match end {
                        Ok(Ok(words)) => {
                            report.done += 1;
                            report.words += words;
                        }
                        Ok(Err(why)) => report.failed.push((path, why)),
                        Err(_) => report.cancelled.push(path),
                    }
                    show(report.files(), &progress);
                }
            })
        })
        .collect();
    // The workers alone hold the other end: without them the walk would end too.
    drop(files);
    let unlisted = walk(folder, queue).await;
    for worker in workers {
        if let Err(error) = worker.await {
            crate::say(format_args!("  a worker was lost: {error}"));
        }
    }
    let mut report = std::mem::take(&mut *report.lock().unwrap_or_else(PoisonError::into_inner));
    report.unlisted = unlisted;
    let words = index.words.lock().unwrap_or_else(PoisonError::into_inner);
    report.distinct = words.len();
    let most = words.iter().max_by_key(|(word, times)| (**times, std::cmp::Reverse(*word)));
    report.most = most.map(|(word, times)| (word.clone(), *times));
    report
}

/// Puts every file into the queue, and returns what could not be listed.
async fn walk(folder: &Path, queue: mpsc::Sender<PathBuf>) -> Vec<(PathBuf, std::io::Error)> {
    let mut unlisted = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut entries = match tokio::fs::read_dir(&folder).await {
            Ok(entries) => entries,
            Err(error) => {
                unlisted.push((folder, error));
                continue;
            }
        };
        loop {
            let entry = match entries.next_entry().await {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(error) => {
                    unlisted.push((folder, error));
                    break;
                }
            };
            let kind = match entry.file_type().await {
                Ok(kind) => kind,
                Err(error) => {
                    unlisted.push((entry.path(), error));
                    continue;
                }
            };
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            if kind.is_dir() && name != "target" && name != "node_modules" {
                folders.push(entry.path());
            } else if kind.is_file() && queue.send(entry.path()).await.is_err() {
                return unlisted;
            }
        }
    }
    unlisted
}

/// Shows how far it is, twice a second at most.
fn show(files: usize, last: &Mutex<Instant>) {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    if last.elapsed() >= Duration::from_millis(500) {
        *last = Instant::now();
        crate::say(format_args!("  {files} files so far"));
    }
}
