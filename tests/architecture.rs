//! The map in ARCHITECTURE.md is the map of the code: each room uses the rooms it says, and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use tallied_tests::judges::workspace;

type Edges = BTreeMap<String, BTreeSet<String>>;

/// `room: room room` lines of the block that begins with ```` ```edges NAME ````.
fn mapped(name: &str) -> Edges {
    let page = fs::read_to_string(workspace().join("ARCHITECTURE.md")).unwrap();
    let (_, rest) = page.split_once(&format!("```edges {name}\n")).unwrap();
    let (block, _) = rest.split_once("```").unwrap();
    let edge = |line: &str| {
        let (room, uses) = line.split_once(':').unwrap();
        (room.trim().to_owned(), uses.split_whitespace().map(str::to_owned).collect())
    };
    block.lines().map(edge).collect()
}

/// The room that a file belongs to: the first part of its path.
fn room(file: &Path, source: &Path) -> String {
    let first = file.strip_prefix(source).unwrap().iter().next().unwrap();
    Path::new(first).file_stem().unwrap().to_str().unwrap().to_owned()
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Every `crate::room` that the code outside of tests names, by room.
fn found(source: &Path, skipped: &[&str]) -> Edges {
    let mut edges = Edges::new();
    for file in files(source).into_iter().filter(|file| file.extension().is_some_and(|e| e == "rs")) {
        let room = room(&file, source);
        if skipped.contains(&&*room) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("\nmod tests {").next().unwrap();
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let uses = edges.entry(room.clone()).or_default();
        // Seen from a room of one file, `super` is the whole house.
        let is_whole_room = file.parent() == Some(source);
        assert!(!is_whole_room || !code.join("\n").contains("super::"), "{} goes round the map", file.display());
        // What a macro writes into another crate is used there.
        let code = code.join("\n").replace("$crate::", "");
        let mut rest = &*code;
        while let Some((_, after)) = rest.split_once("crate::") {
            rest = after;
            let names: Vec<&str> = match after.strip_prefix('{') {
                // `use crate::{a, b::{c, d}};`: the names before `::` or `,` at the first level.
                Some(list) => first_level(list),
                None => vec![after],
            };
            let names = names.into_iter().map(word).filter(|name| !name.is_empty() && *name != room);
            // A macro stands in no room.
            uses.extend(names.filter(|name| !name.starts_with("__tallied")));
        }
    }
    edges
}

fn word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn first_level(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(&list[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

#[test]
fn the_rooms_of_the_runtime_use_what_the_map_says() {
    assert_eq!(found(&workspace().join("runtime/src"), &["lib"]), mapped("runtime"));
}

#[test]
fn the_rooms_of_the_macros_use_what_the_map_says() {
    assert_eq!(found(&workspace().join("macros/src"), &["lib", "goldens"]), mapped("macros"));
}

#[test]
fn the_rooms_of_the_service_kit_use_what_the_map_says() {
    assert_eq!(found(&workspace().join("service/src"), &["lib"]), mapped("service"));
}

#[test]
fn what_a_room_must_not_touch_is_not_in_it() {
    let read = |file: &str| {
        let text = fs::read_to_string(workspace().join(file)).unwrap();
        text.split("\nmod tests {").next().unwrap().to_owned()
    };
    for (file, words) in [
        ("runtime/src/cell/mod.rs", &["Mutex", "RwLock", "Box", "Vec", "String", "Instant"][..]),
        ("runtime/src/cell/homes.rs", &["Mutex", "RwLock", "Box", "Vec", "String", "Instant"]),
        ("runtime/src/cell/steps.rs", &["Mutex", "RwLock", "Box", "Vec", "String", "Instant"]),
        ("runtime/src/cell/shard.rs", &["Mutex", "RwLock", "Box", "Vec", "String", "Instant"]),
        ("runtime/src/cell/arena.rs", &["Mutex", "RwLock", "Box", "Vec", "String", "Instant"]),
        ("runtime/src/guard.rs", &["Mutex", "RwLock", "Box::", "Vec", "String", "Instant"]),
        ("runtime/src/future.rs", &["Mutex", "RwLock", "Box::", "Vec", "String", "Instant"]),
        ("runtime/src/site/mod.rs", &["Mutex", "RwLock", "Instant"]),
        ("runtime/src/site/count.rs", &["Mutex", "RwLock", "Instant"]),
        ("runtime/src/site/counts.rs", &["Mutex", "RwLock", "Instant"]),
        ("runtime/src/metric/field/mod.rs", &["Mutex", "RwLock", "Instant"]),
        ("runtime/src/metric/field/at.rs", &["Mutex", "RwLock", "Instant"]),
        ("runtime/src/metric/counter.rs", &["Mutex", "RwLock", "Instant", "Box"]),
        ("runtime/src/metric/gauge.rs", &["Mutex", "RwLock", "Instant", "Box"]),
        ("runtime/src/encode/text.rs", &["Mutex", "std::io", "catalogue"]),
        ("runtime/src/encode/openmetrics.rs", &["Mutex", "std::io", "catalogue"]),
        ("runtime/src/encode/protobuf.rs", &["Mutex", "std::io", "catalogue"]),
        ("runtime/src/encode/json.rs", &["Mutex", "std::io", "catalogue"]),
        ("macros/src/observed/emit/mod.rs", &["Errors", "syn::Error", "compile_error"]),
        ("macros/src/observed/emit/cells.rs", &["Errors", "syn::Error", "compile_error"]),
        ("macros/src/observed/emit/record.rs", &["Errors", "syn::Error", "compile_error"]),
        ("macros/src/observed/emit/site.rs", &["Errors", "syn::Error", "compile_error"]),
        ("macros/src/observed/emit/span.rs", &["Errors", "syn::Error", "compile_error"]),
        ("macros/src/observed/emit/values.rs", &["Errors", "syn::Error", "compile_error"]),
        ("macros/src/label_sets/emit.rs", &["Errors", "syn::Error", "compile_error"]),
        ("macros/src/outcome/emit.rs", &["Errors", "syn::Error", "compile_error"]),
        ("macros/src/metrics/emit.rs", &["Errors", "syn::Error", "compile_error"]),
        ("macros/src/observed/plan.rs", &["quote!", "parse2"]),
        ("macros/src/observed/args/mod.rs", &["Callee", "quote!"]),
        ("macros/src/observed/args/label.rs", &["Callee", "quote!"]),
        ("macros/src/observed/args/block.rs", &["Callee", "quote!"]),
        ("macros/src/observed/args/metric.rs", &["Callee", "quote!"]),
        ("macros/src/observed/args/span.rs", &["Callee", "quote!"]),
        ("macros/src/observed/events.rs", &["quote!", "parse2"]),
        ("macros/src/observed/families.rs", &["quote!", "parse2"]),
    ] {
        let text = read(file);
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for word in words {
                assert!(!line.contains(word), "{file} must not say `{word}`: {line}");
            }
        }
    }
}

#[test]
fn unsafe_code_stands_in_three_files_of_the_runtime_and_one_of_the_service_kit() {
    let is_allowed = |file: &std::path::PathBuf| fs::read_to_string(file).unwrap().contains("allow(unsafe_code");
    let sources = ["macros/src", "runtime/src", "service/src"].map(|folder| workspace().join(folder));
    let mut found: Vec<_> = sources.iter().flat_map(|source| files(source)).filter(is_allowed).collect();
    found.sort();
    let expected = [
        "runtime/src/catalogue/linked/elf.rs",
        "runtime/src/cell/arena.rs",
        "runtime/src/clock/ticks.rs",
        "service/src/redact/layer.rs",
    ];
    assert_eq!(found, expected.map(|file| workspace().join(file)));
    for file in found {
        let text = fs::read_to_string(&file).unwrap();
        let (blocks, reasons) = (text.matches("unsafe {").count(), text.matches("// SAFETY:").count());
        assert_eq!(blocks, reasons, "{}", file.display());
    }
}
