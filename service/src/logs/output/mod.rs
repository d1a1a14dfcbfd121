//! Where lines go.
//!
//! Either at once, in the thread that logs, or into a queue that a thread of its own writes away. A queue that is full drops
//! the line and counts it: a program never waits for its logs. When the queue is closed everything in it is written first,
//! and what is logged later is written at once, so nothing is lost at a clean shutdown.

mod file;
mod queue;

use std::cell::Cell;
use std::fmt;
use std::io::{self, IsTerminal as _, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tallied::{Counter, Label, LabelSet, Metrics};

pub use file::{Every, File};
use queue::Queue;

/// How many lines wait for the thread that writes a file, unless somebody says otherwise.
const QUEUE: usize = 16 * 1024;

/// What became of lines.
#[derive(Metrics)]
#[metrics(prefix = "tallied_log")]
pub(crate) struct LogMetrics {
    /// Lines of logs that were written.
    pub(crate) lines_total: Counter,
    /// Lines of logs that were not written, by why: the queue was full, it could not be written, or it was logged while a line
    /// was written.
    pub(crate) lines_dropped_total: Counter<Dropped>,
}

#[derive(Clone, Copy, LabelSet)]
pub(crate) struct Dropped {
    reason: Reason,
}

#[derive(Clone, Copy, Label)]
pub(crate) enum Reason {
    QueueFull,
    WriteFailed,
    Nested,
}

pub(crate) static LINES: LogMetrics = LogMetrics::new();

impl LogMetrics {
    /// Counts a line that is lost.
    pub(crate) fn drop_one(&self, reason: Reason) {
        self.lines_dropped_total.with(Dropped { reason }).inc();
    }
}

fn dropped(reason: Reason) {
    LINES.drop_one(reason);
}

/// Where lines go: see [`Logging::output`](super::Logging::output).
pub struct To {
    target: Target,
    /// How many lines may wait; `None` writes at once.
    queue: Option<usize>,
}

enum Target {
    Stderr,
    Stdout,
    File(File),
    Writer(Box<dyn Write + Send>),
}

impl To {
    /// To standard error, at once: the default.
    #[must_use]
    pub fn stderr() -> Self {
        To { target: Target::Stderr, queue: None }
    }

    /// To standard output, at once.
    #[must_use]
    pub fn stdout() -> Self {
        To { target: Target::Stdout, queue: None }
    }

    /// To a file, by a queue of 16,384 lines.
    #[must_use]
    pub fn file(file: File) -> Self {
        To { target: Target::File(file), queue: Some(QUEUE) }
    }

    /// To anything else, at once; a lock keeps lines apart.
    pub fn writer(writer: impl Write + Send + 'static) -> Self {
        To { target: Target::Writer(Box::new(writer)), queue: None }
    }

    /// By a queue of so many lines, from one to a million (2^20), which a thread of its own writes away. What comes while it is
    /// full is dropped, and counted in `tallied_log_lines_dropped_total{reason="queue_full"}`.
    #[must_use]
    pub fn queue(mut self, lines: usize) -> Self {
        self.queue = Some(lines.clamp(1, 1 << 20));
        self
    }

    /// In the thread that logs, which waits for it.
    #[must_use]
    pub fn at_once(mut self) -> Self {
        self.queue = None;
        self
    }

    /// Whether somebody looks at it, and wants colours: see <https://no-color.org>.
    pub(super) fn is_terminal(&self) -> bool {
        let is_terminal = match self.target {
            Target::Stderr => io::stderr().is_terminal(),
            Target::Stdout => io::stdout().is_terminal(),
            _ => false,
        };
        is_terminal && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty())
    }

    /// Opens it.
    pub(crate) fn open(self) -> Result<Output, OutputError> {
        let sink: Box<dyn Sink> = match self.target {
            // The standard library has a lock of its own round these, which whoever logs may hold: a second one would be a
            // dead end.
            Target::Stderr if self.queue.is_none() => return Ok(Output::Standard(Standard::Error)),
            Target::Stdout if self.queue.is_none() => return Ok(Output::Standard(Standard::Output)),
            Target::Stderr => Box::new(Standard::Error),
            Target::Stdout => Box::new(Standard::Output),
            Target::Writer(writer) => Box::new(Plain(writer)),
            Target::File(file) => Box::new(file.open()?),
        };
        Ok(match self.queue {
            None => Output::AtOnce(Mutex::new(sink)),
            Some(lines) => Output::Queue(Queue::start(sink, lines).map_err(OutputError::Thread)?),
        })
    }
}

impl fmt::Debug for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = match &self.target {
            Target::Stderr => "stderr".into(),
            Target::Stdout => "stdout".into(),
            Target::File(file) => format!("{file:?}"),
            Target::Writer(_) => "a writer".to_owned(),
        };
        f.debug_struct("To").field("target", &target).field("queue", &self.queue).finish()
    }
}

/// Lines cannot go where they should.
///
/// `Debug` writes the same as `Display`: it is what a `main` that returns it shows.
#[non_exhaustive]
pub enum OutputError {
    /// The file of this path, or its folder, cannot be made or written.
    File(PathBuf, io::Error),
    /// This path is the name of no file.
    NoName(PathBuf),
    /// The thread that writes cannot be started.
    Thread(io::Error),
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OutputError::File(path, why) if why.kind() == io::ErrorKind::IsADirectory => {
                write!(f, "the log file {} cannot be written: it is a folder; name a file in it", path.display())
            }
            OutputError::File(path, why) => {
                write!(
                    f,
                    "the log file {} cannot be written: {why}; make its folder writable or name another",
                    path.display()
                )
            }
            OutputError::NoName(path) => write!(f, "the log file {:?} has no name", path.display().to_string()),
            OutputError::Thread(why) => write!(f, "the thread that writes logs cannot be started: {why}"),
        }
    }
}

impl fmt::Debug for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// Its text has the cause in it.
impl std::error::Error for OutputError {}

/// Takes whole lines.
pub(crate) trait Sink: Send {
    fn write(&mut self, lines: &[u8]) -> io::Result<()>;
    fn flush(&mut self) -> io::Result<()>;
}

/// A stream of the process.
#[derive(Clone, Copy)]
pub(crate) enum Standard {
    Error,
    Output,
}

impl Sink for Standard {
    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        match self {
            Standard::Error => io::stderr().write_all(lines),
            Standard::Output => {
                let mut out = io::stdout().lock();
                out.write_all(lines)?;
                out.flush()
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Plain<W>(W);

impl<W: Write + Send> Sink for Plain<W> {
    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        self.0.write_all(lines)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Where lines go, opened.
pub(crate) enum Output {
    Standard(Standard),
    AtOnce(Mutex<Box<dyn Sink>>),
    Queue(Queue),
}

thread_local! {
    /// Whether this thread is writing a line: what is logged by that is not.
    pub(super) static WRITING: Cell<bool> = const { Cell::new(false) };
}

impl Output {
    /// Takes what one event has to say.
    pub(crate) fn write(&self, line: &[u8]) {
        // Without a thread-local this thread ends, and can go on without.
        if WRITING.try_with(|writing| writing.replace(true)).unwrap_or(false) {
            return dropped(Reason::Nested);
        }
        match self {
            Output::Standard(standard) => write_line(&mut { *standard }, line),
            Output::AtOnce(sink) => write_at_once(sink, line),
            Output::Queue(queue) => queue.write(line),
        }
        let _ = WRITING.try_with(|writing| writing.set(false));
    }

    /// Comes back when all that was said before is written.
    pub(crate) fn flush(&self) {
        if let Output::Queue(queue) = self {
            queue.flush();
        }
    }

    /// The same, and from now on lines are written at once.
    pub(crate) fn close(&self) {
        if let Output::Queue(queue) = self {
            // A writer that logs what it does would wait for what is held here.
            let before = WRITING.try_with(|writing| writing.replace(true));
            queue.close();
            let _ = WRITING.try_with(|writing| writing.set(before.unwrap_or(false)));
        }
    }
}

fn write_at_once(sink: &Mutex<Box<dyn Sink>>, line: &[u8]) {
    let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
    write_line(&mut **sink, line);
    flush(&mut **sink);
}

/// A writer of the user's may panic: that is as if it had failed.
fn flush(sink: &mut dyn Sink) {
    let _ = catch_unwind(AssertUnwindSafe(|| sink.flush())).map_err(std::mem::forget);
}

fn write_line(sink: &mut dyn Sink, line: &[u8]) {
    let written = catch_unwind(AssertUnwindSafe(|| sink.write(line)));
    match written.map_err(std::mem::forget) {
        Ok(Ok(())) => LINES.lines_total.inc(),
        _ => dropped(Reason::WriteFailed),
    }
}
