//! Programs that a test starts, and that end with it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A running program. It is stopped, by its own process id, when this is dropped.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    /// Starts a program whose standard error is read line by line.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stderr = child.stderr.take().expect("it is piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            BufReader::new(stderr).lines().map_while(Result::ok).try_for_each(|l| sender.send(l))
        });
        Running { child, lines, seen: Vec::new() }
    }

    /// Waits for a line that contains `part`.
    ///
    /// # Panics
    ///
    /// If the program ends or a minute passes without one.
    pub fn line(&mut self, part: &str) -> String {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(part) => return line,
                Ok(line) => self.seen.push(line),
                Err(why) => panic!("no line with `{part}` ({why}); it said {:#?}", self.seen),
            }
        }
    }

    /// Waits for the line that says where it listens, and gives the address.
    ///
    /// # Panics
    ///
    /// As [`line`](Self::line), and if the line has none of this machine's own addresses.
    pub fn listening(&mut self) -> String {
        let line = self.line("listening");
        let from = line.find("127.0.0.1:").unwrap_or_else(|| panic!("no address in {line}"));
        let is_of = |c: char| c.is_ascii_digit() || c == '.' || c == ':';
        line[from..].chars().take_while(|c| is_of(*c)).collect()
    }

    /// Asks it to end, as an orchestrator does, and gives what it said until then, the lines that were asked for aside.
    ///
    /// # Panics
    ///
    /// If it does not end within a minute, or not well.
    #[cfg(unix)]
    #[allow(clippy::must_use_candidate)] // it does something
    pub fn terminate(mut self) -> Vec<String> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.expect("there is a `kill`").success());
        let status = wait_for("the end of the program", || self.child.try_wait().expect("it is ours"));
        self.seen.extend(self.lines.iter());
        assert!(status.success(), "{status}: {:#?}", self.seen);
        std::mem::take(&mut self.seen)
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Builds the quickstart and says where it is.
///
/// # Panics
///
/// If it does not build.
#[must_use]
pub fn quickstart() -> PathBuf {
    example("quickstart")
}

/// Builds an example, whose package is called as it is, and says where it is.
///
/// # Panics
///
/// If it does not build.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    example_of(name, name, &[])
}

/// Builds an example of a package, with further arguments for cargo, and says where it is.
///
/// # Panics
///
/// If it does not build.
#[must_use]
pub fn example_of(package: &str, name: &str, arguments: &[&str]) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", package, "--example", name, "--message-format", "json"])
        .args(arguments)
        .current_dir(crate::judges::workspace())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let executable = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    };
    stdout.lines().filter_map(executable).next_back().expect("cargo names the program")
}

/// Runs a program to its end: what it printed, and what it said on its standard error.
///
/// # Panics
///
/// If it cannot be started, or does not end well.
#[must_use]
pub fn run(command: &mut Command) -> (String, String) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it prints text");
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{stderr}", output.status);
    (stdout, stderr)
}

/// Polls until `done` gives a value.
///
/// # Panics
///
/// After a minute, with what was waited for.
pub fn wait_for<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(value) = done() {
            return value;
        }
        assert!(Instant::now() < until, "waited a minute for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A folder that the quickstart can index, with files of every fate.
///
/// # Panics
///
/// If it cannot be written.
pub fn write_files(folder: &Path, good: usize, bad: usize) {
    for n in 0..good {
        let inside = folder.join(format!("folder{}", n % 3));
        std::fs::create_dir_all(&inside).expect("the folder can be made");
        std::fs::write(inside.join(format!("good{n}.txt")), "one two three\n").expect("the file can be written");
    }
    for n in 0..bad {
        std::fs::write(folder.join(format!("bad{n}.bin")), [b'a', 0xff, b'b']).expect("the file can be written");
    }
    std::fs::write(folder.join(".hidden"), "not seen").expect("the file can be written");
}
