//! The quickstart as a user runs it.

use std::path::Path;
use std::process::{Command, Output};

use tallied_tests::exposition::value;
use tallied_tests::http::{raw, request};
use tallied_tests::program::{Running, quickstart, write_files};

fn once(arguments: &[&str], folder: &Path) -> Output {
    Command::new(quickstart()).arg(folder).args(arguments).args(["--listen", "127.0.0.1:0"]).output().unwrap()
}

fn calls(text: &str, status: &str) -> f64 {
    value(text, "quickstart_task_calls_total", &[("task_name", "index_file"), ("status", status)]).unwrap()
}

#[test]
#[allow(clippy::float_cmp)] // whole numbers
fn its_counters_are_the_files_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), 30, 4);
    // A minute, so that a busy machine cancels nothing.
    let output = once(&["--once", "--limit", "60000"], folder.path());
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(["ok", "error", "cancelled", "panicked"].map(|status| calls(&text, status)), [30.0, 4.0, 0.0, 0.0]);
    let step = |step, status| value(&text, "quickstart_step_calls_total", &[("step_name", step), ("status", status)]);
    assert_eq!(step("read", "ok"), Some(34.0));
    assert_eq!(step("decode", "error"), Some(4.0));
    assert_eq!(step("tokenise", "ok"), Some(30.0));
    assert_eq!(step("count", "ok"), Some(30.0));
    assert_eq!(value(&text, "quickstart_task_in_flight", &[("task_name", "index_file")]), Some(0.0));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("34 files: 30 indexed, 4 failed, 0 cancelled"), "{said}");
    assert!(said.contains("90 words, 3 of them different"), "{said}");
}

#[test]
#[allow(clippy::float_cmp)] // whole numbers
fn a_file_that_takes_too_long_is_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("large.txt"), "a b ".repeat(4_000_000)).unwrap();
    let output = once(&["--once", "--limit", "20"], folder.path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(["ok", "error", "cancelled", "panicked"].map(|status| calls(&text, status)), [0.0, 0.0, 1.0, 0.0]);
}

#[test]
#[cfg(unix)]
#[allow(clippy::float_cmp)] // whole numbers
fn what_cannot_be_read_or_is_too_large_fails() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (large, closed) = (folder.path().join("large"), folder.path().join("closed"));
    // A file with a hole: large, and on no disk.
    std::fs::File::create(&large).unwrap().set_len(17 * 1024 * 1024).unwrap();
    std::fs::write(&closed, "secret").unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Some users may read everything.
    let readable = f64::from(u8::from(std::fs::read(&closed).is_ok()));
    let output = once(&["--once", "--spans", "--limit", "60000"], folder.path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!((calls(&text, "ok"), calls(&text, "error")), (readable, 2.0 - readable));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("large has 17825792 bytes or more; 16777216 are the most"), "{said}");
    assert!(said.contains("index_file{task_name=\"index_file\"}"), "{said}");
}

#[test]
fn a_wrong_folder_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let output = once(&["--once"], &missing);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(said.contains("missing`: ") && said.contains("give a folder"), "{said}");
    let file = folder.path().join("file");
    std::fs::write(&file, "text").unwrap();
    let output = once(&["--once"], &file);
    assert!(!output.status.success() && String::from_utf8(output.stderr).unwrap().contains("give a folder"));
}

#[test]
fn it_goes_on_whatever_a_client_does() {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), 3, 0);
    let program = quickstart();
    let mut command = Command::new(&program);
    let mut running = Running::start(command.arg(folder.path()).args(["--listen", "127.0.0.1:0"]));
    let line = running.line("serving http://");
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    running.line("still serving");

    let answer = request(&address, "GET", "/metrics").unwrap();
    assert!(answer.head.starts_with("HTTP/1.1 200"), "{}", answer.head);
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{}", answer.head);
    assert!((calls(&answer.body, "ok") - 3.0).abs() < 0.5);
    assert!(request(&address, "HEAD", "/metrics").unwrap().body.is_empty());
    let refused = request(&address, "POST", "/metrics").unwrap();
    assert!(refused.head.starts_with("HTTP/1.1 405") && refused.head.contains("allow: GET, HEAD"), "{}", refused.head);
    assert!(request(&address, "GET", "/other").unwrap().head.starts_with("HTTP/1.1 404"));

    let garbage = raw(&address, "\0\u{1}no http at all\r\n\r\n").map(|answer| answer.head).unwrap_or_default();
    assert!(!garbage.contains("200"), "{garbage}");
    for _ in 0..20 {
        // Clients that hang up: without a word, in the middle of a request, and before the answer.
        drop(std::net::TcpStream::connect(&address).unwrap());
        for part in ["GET /met", "GET /metrics HTTP/1.1\r\n\r\n"] {
            use std::io::Write as _;
            std::net::TcpStream::connect(&address).unwrap().write_all(part.as_bytes()).unwrap();
        }
    }

    // The same port again: the second one takes another.
    let mut command = Command::new(&program);
    let mut second = Running::start(command.arg(folder.path()).args(["--listen", &address]));
    let line = second.line("serving http://");
    assert!(!line.contains(&format!("{address}/")), "{line}");

    assert!(running.is_running() && second.is_running());
    assert!(request(&address, "GET", "/metrics").unwrap().head.starts_with("HTTP/1.1 200"));
}
