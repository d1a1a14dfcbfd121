//! `accepts/` compiles without a warning and runs; `refuses/` does not compile, with the words beside it.
//!
//! The words belong to one version of the compiler, [`WRITTEN_WITH`]. Another one must refuse the same programs, in words
//! of its own. `TRYBUILD=overwrite cargo test -p tallied-ui-tests` writes them anew: read them before you keep them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler whose messages stand in `refuses/*.stderr`.
const WRITTEN_WITH: &str = "rustc 1.95.";

#[test]
fn the_compiler_accepts() {
    trybuild::TestCases::new().pass("accepts/*.rs");
}

#[test]
fn the_compiler_refuses() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    if version.starts_with(WRITTEN_WITH) && std::env::var_os("TALLIED_UI_WORDS_OF_ANOTHER_COMPILER").is_none() {
        trybuild::TestCases::new().compile_fail("refuses/*.rs");
    } else {
        each_is_an_error();
    }
}

/// Compiles every program of `refuses/` as a binary of one package, and looks which of them had an error.
fn each_is_an_error() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = here.parent().unwrap();
    let package = tempfile::tempdir().unwrap();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let mut programs = BTreeSet::new();
    let mut manifest = format!(
        "[package]\nname = \"refused\"\nedition = \"2024\"\n[workspace]\n[dependencies]\ntallied = {{ path = {:?} }}\n",
        workspace.join("runtime").display().to_string()
    );
    for entry in fs::read_dir(here.join("refuses")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let _ = write!(manifest, "[[bin]]\nname = {name:?}\npath = {:?}\n", path.display().to_string());
            programs.insert(name);
        }
    }
    assert!(programs.len() > 10, "the programs are gone");
    fs::write(package.path().join("Cargo.toml"), manifest).unwrap();
    fs::copy(workspace.join("Cargo.lock"), package.path().join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["check", "--bins", "--keep-going", "--quiet", "--message-format", "json"])
        .current_dir(package.path())
        .env("CARGO_TARGET_DIR", target.join("ui-tests"))
        .output()
        .unwrap();
    let refused: BTreeSet<String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["message"]["level"] == "error")
        .filter_map(|message| message["target"]["name"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(refused, programs, "{}", String::from_utf8_lossy(&output.stderr));
}
