//! The README says what is true: its code prints what it says, in a package of a new user's.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

use tallied_tests::judges::{target, workspace};

/// The first block of a language, without its fence.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

/// A package called `shop` with this code, which needs these crates of ours and others.
fn package(code: &str, ours: &[(&str, &str)], others: &str) -> TempDir {
    let package = tempfile::tempdir().unwrap();
    fs::create_dir(package.path().join("src")).unwrap();
    fs::write(package.path().join("src/main.rs"), format!("#![deny(warnings)]\n{code}")).unwrap();
    let of = |(name, folder): &(&str, &str)| {
        let path = workspace().join(folder).display().to_string();
        format!("{name} = {{ path = {path:?} }}\n")
    };
    let ours: String = ours.iter().map(of).collect();
    let manifest =
        format!("[package]\nname = \"shop\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n{ours}{others}");
    fs::write(package.path().join("Cargo.toml"), manifest).unwrap();
    fs::copy(workspace().join("Cargo.lock"), package.path().join("Cargo.lock")).unwrap();
    package
}

fn cargo(command: &str, package: &TempDir) -> Output {
    cargo_with(&[command, "--quiet"], package)
}

fn cargo_with(arguments: &[&str], package: &TempDir) -> Output {
    Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(package.path())
        .env("CARGO_TARGET_DIR", target("readme"))
        .output()
        .unwrap()
}

#[test]
fn the_code_of_the_readme_prints_the_metrics_of_the_readme() {
    let page = fs::read_to_string(workspace().join("README.md")).unwrap();
    let package = package(block(&page, "rust"), &[("tallied", "runtime")], "");
    let output = cargo("run", &package);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let shown: Vec<&str> = block(&page, "text").lines().filter(|line| *line != "…").collect();
    assert!(shown.len() >= 10, "the metrics of the README are gone");
    for line in shown {
        // `…` stands for a number that differs from run to run.
        let found = match line.strip_suffix('…') {
            Some(series) => printed.lines().any(|printed| printed.starts_with(series)),
            None => printed.lines().any(|printed| printed == line),
        };
        assert!(found, "`{line}` is not in\n{printed}");
    }
}

#[test]
fn the_readme_has_two_commands_and_the_version_of_the_manifest() {
    let page = fs::read_to_string(workspace().join("README.md")).unwrap();
    assert_eq!(block(&page, "sh"), "cargo run --example quickstart\ncargo test --workspace\n");
    let manifest = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let (_, oldest) = manifest.split_once("rust-version = \"").unwrap();
    let oldest = oldest.split('"').next().unwrap();
    assert!(page.contains(&format!("a Rust toolchain, {oldest} or later")));
}

/// The compiler whose words the guide quotes.
const WRITTEN_WITH: &str = "rustc 1.95.";

/// Each block that does not compile, in a package called `shop`, says what stands behind it; `…` stands for what is left out.
#[test]
fn the_guide_quotes_what_the_compiler_says() {
    let package = package("fn main() {}", &[("tallied", "runtime")], "");
    fs::create_dir(package.path().join("src/bin")).unwrap();
    let mut quoted: Vec<(String, String)> = Vec::new();
    for page in fs::read_dir(workspace().join("docs/guide")).unwrap() {
        let page = page.unwrap().path();
        if page.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let chapter = page.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&page).unwrap();
        for (number, rest) in text.split("```compile_fail\n").skip(1).enumerate() {
            let (code, rest) = rest.split_once("```").unwrap();
            let name = format!("{chapter}_{number}");
            fs::write(package.path().join("src/bin").join(format!("{name}.rs")), code).unwrap();
            quoted.push((name, block(rest, "text").to_owned()));
        }
    }
    assert!(quoted.len() >= 8, "the errors of the guide are gone");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    let is_its_compiler = String::from_utf8_lossy(&version.stdout).starts_with(WRITTEN_WITH);
    let output = cargo_with(&["check", "--bins", "--keep-going", "--message-format", "json"], &package);
    let said = String::from_utf8(output.stdout).unwrap();
    let messages: Vec<serde_json::Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for (name, quoted) in quoted {
        let of_it = messages.iter().filter(|message| message["target"]["name"] == name.as_str());
        let said: String = of_it.filter_map(|message| message["message"]["rendered"].as_str()).collect();
        assert!(said.contains("error"), "`{name}` compiles");
        if !is_its_compiler {
            continue;
        }
        for line in quoted.lines().flat_map(|line| line.split('…')).map(str::trim_end) {
            assert!(said.contains(line), "of `{name}` the compiler does not say\n{line}\nbut\n{said}");
        }
    }
}

#[test]
fn the_page_about_shapes_names_each_test_of_the_shapes_and_no_other() {
    let page = fs::read_to_string(workspace().join("docs/shapes.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix("` |"));
    let mut named: Vec<&str> = rows.map(|row| row.rsplit('`').next().unwrap()).collect();
    named.sort_unstable();
    let code =
        ["shapes.rs", "shapes_unsafe.rs"].map(|file| fs::read_to_string(workspace().join("tests").join(file)).unwrap());
    let mut tests: Vec<&str> = code
        .iter()
        .flat_map(|code| code.split("    #[test]\n").skip(1).chain(code.split("\n#[test]\n").skip(1)))
        .filter_map(|rest| {
            let line = rest.lines().map(str::trim).find(|line| line.contains("fn "))?;
            line.split("fn ").nth(1)?.split('(').next()
        })
        // Those that are shapes themselves.
        .filter(|name| !name.starts_with("below_") && !name.starts_with("above_"))
        .collect();
    tests.sort_unstable();
    tests.dedup();
    assert!(tests.len() > 50);
    assert_eq!(named, tests);
}

/// The second package of a new user's: a service.
#[test]
fn the_service_of_the_readme_compiles_without_a_warning() {
    let page = fs::read_to_string(workspace().join("README.md")).unwrap();
    let (_, rest) = page.split_once("## The rest of a service").unwrap();
    let others = "axum = \"0.8\"\ntokio = { version = \"1\", features = [\"full\"] }\n";
    let package = package(block(rest, "rust"), &[("tallied-service", "service")], others);
    let output = cargo("check", &package);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
