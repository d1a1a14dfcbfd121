//! Programs that judge our output and that we did not write.
//!
//! They are looked for in the folder that `TALLIED_JUDGES` names, in `target/judges`, where `.ci/run` puts them, and on the
//! `PATH`. A judge that is missing skips its test by name; under `CI=true` it fails it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder of the workspace.
///
/// # Panics
///
/// Never: this package stands in a folder of it.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package stands in the workspace")
}

/// A folder for what a test builds, where cargo builds.
#[must_use]
pub fn target(name: &str) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from).join(name)
}

/// Where a judge is, or `None` after saying that `test` is skipped.
///
/// # Panics
///
/// If it is missing under `CI=true`.
#[must_use]
pub fn find(test: &str, judge: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TALLIED_JUDGES").map_or_else(|| workspace().join("target/judges"), PathBuf::from);
    let places = [folder.join("prometheus/usr/bin"), folder.join("venv/bin")];
    let path = std::env::var_os("PATH").unwrap_or_default();
    // A Python of the system has no parser of ours to offer.
    let on_path: Vec<PathBuf> = if judge == "python3" { Vec::new() } else { std::env::split_paths(&path).collect() };
    let found = places.into_iter().chain(on_path).map(|place| place.join(judge)).find(|path| path.is_file());
    if found.is_none() {
        let what = if judge == "python3" { "a `python3` with `prometheus_client`" } else { judge };
        let why = format!("{what} is missing; `.ci/run` installs it");
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{test}: {why}");
        // Written past the capture of the test harness: whoever runs the tests shall see it.
        let _ = std::io::stderr().write_all(format!("\nskipped: {test}: {why}\n").as_bytes());
    }
    found
}

/// For `python3 -c`: prints the families that the parser found as JSON: type, help, and of each sample its name, labels and value.
pub const READ: &str = "
import json, sys
from prometheus_client.parser import text_string_to_metric_families
text = sys.stdin.buffer.read().decode()
print(json.dumps({
    family.name: [family.type, family.documentation, [[s.name, s.labels, repr(s.value)] for s in family.samples]]
    for family in text_string_to_metric_families(text)
}))
";

/// Gives `input` to a program. Its output is returned if it is content, with its exit code and what it said if not.
///
/// # Errors
///
/// The program is not content.
///
/// # Panics
///
/// If it cannot be run.
pub fn ask(program: &Path, arguments: &[&str], input: &str) -> Result<String, String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("it ran");
    // A judge that stopped reading says why below.
    let _ = writer.join();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    Err(format!("{}: {said}{}", output.status, String::from_utf8_lossy(&output.stderr)))
}
