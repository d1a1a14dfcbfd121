//! A file of lines, which is put aside when it is too old or too large.
//!
//! Own code: the crates that rotate by time and by size panic where a folder cannot be written, and leave half a line where
//! a disk is full.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{OutputError, Sink};

/// How often a file is put aside, by UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Every {
    /// At each full minute.
    Minute,
    /// At each full hour.
    Hour,
    /// At midnight.
    Day,
}

impl Every {
    fn seconds(self) -> i64 {
        match self {
            Every::Minute => 60,
            Every::Hour => 3600,
            Every::Day => 86_400,
        }
    }
}

/// A file for lines: which, and when it is put aside.
///
/// The file is always the one that is named. What is put aside is called after it and the time at which that was, in UTC:
/// `service.log.20260119T103000.000Z`. The oldest of those are removed when there are more than are kept. A link is followed, and
/// a device or a pipe is never put aside. If somebody else moves or removes the file, another is begun within a second. One program
/// should write one file: two put it aside by turns.
///
/// ```no_run
/// use tallied_service::logs::{Every, File};
///
/// let file = File::new("/var/log/shop/service.log").every(Every::Day).at_bytes(64 * 1024 * 1024).keep(14);
/// ```
#[derive(Clone, Debug)]
pub struct File {
    path: PathBuf,
    every: Option<Every>,
    most: Option<u64>,
    keep: usize,
}

impl File {
    /// This file, which grows; its folder is made if it is missing.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        File { path: path.into(), every: None, most: None, keep: 10 }
    }

    /// Put aside by time.
    #[must_use]
    pub fn every(mut self, every: Every) -> Self {
        self.every = Some(every);
        self
    }

    /// Put aside before it has more bytes than this. A single line that is longer has a file of its own.
    #[must_use]
    pub fn at_bytes(mut self, most: u64) -> Self {
        self.most = Some(most);
        self
    }

    /// How many that were put aside are kept; 10 unless it is said.
    #[must_use]
    pub fn keep(mut self, files: usize) -> Self {
        self.keep = files;
        self
    }

    pub(super) fn open(self) -> Result<Rotating, OutputError> {
        let failed = |why| OutputError::File(self.path.clone(), why);
        if self.path.file_name().is_none() {
            return Err(OutputError::NoName(self.path));
        }
        // A program may change its folder, and a daemon does.
        let mut path = std::path::absolute(&self.path).map_err(failed)?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let (file, len, since) = open(&path).map_err(failed)?;
        // A link stays one: what it points to is put aside.
        if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink()) {
            path = fs::canonicalize(&path).map_err(failed)?;
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        // Devices and pipes have no past.
        let is_regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
        let (last, looked) = (String::new(), Instant::now());
        let says = File { path, ..self };
        let mut of = Rotating { file, is_regular, len, counted_from: 0, since, looked, folder, name, last, says };
        of.last = of.aside().pop().unwrap_or_default();
        of.remove_old();
        Ok(of)
    }
}

/// The file, how long it is, and the second in which it was begun.
fn open(path: &Path) -> io::Result<(fs::File, u64, i64)> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() && metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    // One that is there already belongs to when it was last written.
    let begun = match metadata.modified() {
        Ok(modified) if metadata.len() > 0 => jiff::Timestamp::try_from(modified).ok(),
        _ => None,
    };
    let begun = begun.unwrap_or_else(jiff::Timestamp::now).as_second();
    Ok((file, metadata.len(), begun))
}

pub(super) struct Rotating {
    file: fs::File,
    is_regular: bool,
    len: u64,
    /// How long it was when it should have been put aside and could not be; else 0.
    counted_from: u64,
    /// The second in which it was begun.
    since: i64,
    /// When it was last seen to be where it should be.
    looked: Instant,
    folder: PathBuf,
    name: String,
    /// What the last one that was put aside is called behind its name.
    last: String,
    says: File,
}

/// So often it is looked whether somebody has moved the file or removed it.
const LOOK: Duration = Duration::from_secs(1);

impl Rotating {
    fn is_full(&self, more: usize, now: i64) -> bool {
        let period = |every: Every, second: i64| second.div_euclid(every.seconds());
        let is_old = self.says.every.is_some_and(|every| period(every, now) != period(every, self.since));
        let is_large = self.says.most.is_some_and(|most| self.len - self.counted_from + more as u64 > most);
        self.len > self.counted_from && (is_old || is_large)
    }

    /// Whether what is at the path is what is written.
    fn is_there(&self) -> bool {
        let (Ok(there), Ok(own)) = (fs::metadata(&self.says.path), self.file.metadata()) else { return false };
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            there.dev() == own.dev() && there.ino() == own.ino()
        }
        #[cfg(not(unix))]
        {
            let _ = (there, own);
            true
        }
    }

    /// Puts the file aside and begins another. If that cannot be done the old one goes on, whatever it is called: better too
    /// long than lost.
    fn rotate(&mut self, now: jiff::Timestamp) {
        let mut aside = self.next_name(now);
        // Another program may have been as fast.
        while self.folder.join(format!("{}.{aside}", self.name)).exists() {
            self.last = aside;
            aside = self.next_name(now);
        }
        let renamed = fs::rename(&self.says.path, self.folder.join(format!("{}.{aside}", self.name)));
        if renamed.is_ok() {
            self.last = aside;
        }
        if renamed.is_err() || !self.reopen() {
            // Not at every line.
            (self.since, self.counted_from) = (now.as_second(), self.len);
        }
        self.remove_old();
    }

    /// Writes to what is at the path from now on, if that can be opened.
    fn reopen(&mut self) -> bool {
        // Its folder may be gone, too.
        let _ = fs::create_dir_all(&self.folder);
        let Ok((file, len, since)) = open(&self.says.path) else { return false };
        (self.file, self.len, self.counted_from, self.since) = (file, len, 0, since);
        true
    }

    /// Behind every one before it, though they are of one millisecond, or the clock was set back.
    fn next_name(&self, now: jiff::Timestamp) -> String {
        let stamp = now.strftime("%Y%m%dT%H%M%S%.3fZ").to_string();
        let (last, number) = self.last.split_once('-').unwrap_or((&self.last, "0"));
        if *stamp > *last {
            return stamp;
        }
        let number = number.parse::<u64>().unwrap_or(0).saturating_add(1);
        format!("{last}-{number:06}")
    }

    /// What was put aside, the oldest first.
    fn aside(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let stamp = |entry: io::Result<fs::DirEntry>| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let stamp = name.strip_prefix(&self.name)?.strip_prefix('.')?;
            is_stamp(stamp).then(|| stamp.to_owned())
        };
        let mut aside: Vec<String> = entries.filter_map(stamp).collect();
        aside.sort_unstable();
        aside
    }

    /// Removes what is more than is kept. What cannot be removed stays.
    fn remove_old(&self) {
        if self.says.every.is_none() && self.says.most.is_none() {
            return;
        }
        let aside = self.aside();
        let surplus = aside.len().saturating_sub(self.says.keep);
        for stamp in &aside[..surplus] {
            let _ = fs::remove_file(self.folder.join(format!("{}.{stamp}", self.name)));
        }
    }
}

/// `20260119T103000.000Z`, and perhaps a number: nothing else is removed.
fn is_stamp(text: &str) -> bool {
    let (stamp, number) = text.split_once('-').unwrap_or((text, "0"));
    let is_form = stamp.len() == 20
        && stamp.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'.',
            19 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    is_form && number.bytes().all(|byte| byte.is_ascii_digit())
}

impl Sink for Rotating {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_regular {
            let now = jiff::Timestamp::now();
            let is_full = self.is_full(line.len(), now.as_second());
            if is_full || self.looked.elapsed() >= LOOK {
                self.looked = Instant::now();
                // Somebody else has put it aside, or removed it: then that is done.
                if !self.is_there() {
                    self.reopen();
                } else if is_full {
                    self.rotate(now);
                }
            }
        }
        match self.file.write_all(line) {
            Ok(()) => {
                self.len += line.len() as u64;
                Ok(())
            }
            Err(why) => {
                // Half a line would spoil the next one, when there is room again. Unless somebody else has written behind it.
                let half = self.len..self.len + line.len() as u64;
                if self.file.metadata().is_ok_and(|metadata| half.contains(&metadata.len())) {
                    let _ = self.file.set_len(self.len);
                }
                Err(why)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
