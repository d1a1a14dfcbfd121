//! `tallied::instrument` is what `tracing::instrument` is: the tests that tracing publishes with its attribute pass, with
//! another import and no other change.
//!
//! They are fetched from the registry when this runs. Where that cannot be reached they are skipped by name; under
//! `CI=true` that is a failure.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tallied_tests::judges::{target, workspace};

/// The version whose tests they are, and that of the subscriber that they expect things of.
const VERSIONS: (&str, &str) = ("0.1.31", "0.1.0-beta.3");

/// The package that the tests stand in. What they use of tracing's own workspace is `support.rs`.
fn manifest() -> String {
    let (attributes, mock) = VERSIONS;
    // Quoted as TOML has it.
    let runtime = format!("{:?}", workspace().join("runtime").to_string_lossy());
    format!(
        r#"
[package]
name = "tracing-suite"
version = "0.0.0"
edition = "2021"

[dependencies]
tallied = {{ path = {runtime} }}
tracing = "0.1"

[dev-dependencies]
async-trait = "0.1"
tracing-attributes = "={attributes}"
tracing-mock = "={mock}"
tracing-subscriber = {{ version = "0.3", features = ["env-filter"] }}
tracing_test = {{ path = "tracing_test" }}

[workspace]
"#
    )
}

fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(folder).env("CARGO_TARGET_DIR", target("tracing-suite/target")).env_remove("RUSTFLAGS");
    cargo
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A package without tests, and where the tests are; or why there are none.
fn fetched() -> Result<(PathBuf, PathBuf), String> {
    let folder = target("tracing-suite");
    let _ = fs::remove_dir_all(folder.join("tests"));
    let _ = fs::remove_dir_all(folder.join("examples"));
    for (file, text) in [
        ("Cargo.toml", manifest().as_str()),
        ("src/lib.rs", ""),
        ("tracing_test/Cargo.toml", "[package]\nname = \"tracing_test\"\nversion = \"0.0.0\"\nedition = \"2021\"\n"),
        ("tracing_test/src/lib.rs", include_str!("tracing-suite/support.rs")),
    ] {
        let file = folder.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    // The versions that everything else was tested with, as far as they go.
    fs::copy(workspace().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let output = cargo(&folder).args(["metadata", "--format-version", "1"]).output().unwrap();
    if !output.status.success() {
        return Err(said(&output));
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let attributes = packages.iter().find(|package| package["name"] == "tracing-attributes").unwrap();
    let manifest = Path::new(attributes["manifest_path"].as_str().unwrap());
    Ok((folder, manifest.parent().unwrap().join("tests")))
}

/// Copies a test, with the other import.
fn copy(from: &Path, to: &Path) {
    let text = fs::read_to_string(from).unwrap();
    let ours = text
        .replace("use tracing_attributes::instrument", "use tallied::instrument")
        .replace("#[tracing::instrument", "#[tallied::instrument");
    assert_ne!(ours, text, "{} imports the attribute in another way", from.display());
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::write(to, ours).unwrap();
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

#[test]
fn the_tests_of_tracings_own_attribute_pass() {
    let (folder, tests) = match fetched() {
        Ok(fetched) => fetched,
        Err(why) => {
            let name = "the_tests_of_tracings_own_attribute_pass";
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{name}: {why}");
            let _ = std::io::stderr().write_all(format!("\nskipped: {name}: {why}\n").as_bytes());
            return;
        }
    };
    // The one that compiles other programs: those are below.
    let runs: Vec<PathBuf> = sources(&tests).into_iter().filter(|path| !path.ends_with("ui.rs")).collect();
    for path in &runs {
        copy(path, &folder.join("tests").join(path.file_name().unwrap()));
    }
    for path in sources(&tests.join("ui/pass")) {
        copy(&path, &folder.join("examples").join(path.file_name().unwrap()));
    }
    let output = cargo(&folder).args(["test", "--quiet", "--no-fail-fast", "--tests", "--examples"]).output().unwrap();
    let said_of_runs = said(&output);
    assert!(output.status.success(), "{said_of_runs}");
    let passed = said_of_runs.lines().filter_map(|line| {
        let rest = line.strip_prefix("test result: ok. ")?;
        rest.split(' ').next()?.parse::<usize>().ok()
    });
    let passed: usize = passed.sum();
    assert!(runs.len() >= 12 && passed >= 74, "{} files, {passed} tests: {said_of_runs}", runs.len());

    for path in sources(&tests.join("ui/fail")) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        copy(&path, &folder.join("examples").join(format!("{name}.rs")));
        let output = cargo(&folder).args(["check", "--quiet", "--example", name]).output().unwrap();
        assert!(!output.status.success(), "{name} compiles");
        assert!(said(&output).contains(&format!("{name}.rs:")), "{name} does not fail by itself: {}", said(&output));
    }
}
