//! What a program can know of its families before the first call.

use std::process::Command;

use object::Object as _;
use tallied::{Catalogue, CataloguedFamily, Label, ReserveError, observed, reserve};
use tallied_tests::exposition::{series, value};
use tallied_tests::judges::{target, workspace};

#[derive(Clone, Copy, Label)]
enum Route {
    Home,
    Cart,
    Pay,
}

#[observed(route, labels(tenant(max = 4)), histogram(buckets = [0.1, 1.0]), in_flight)]
async fn serve(route: Route, tenant: String) -> Result<Route, String> {
    if tenant.is_empty() { Err(tenant) } else { Ok(route) }
}

#[observed(labels(kind = "a"), counter = "kinds_total")]
fn of_one_kind() {}

#[observed(labels(kind = "b"), counter = "kinds_total")]
fn of_another_kind() {}

#[observed(labels(kind = "b"), counter = "kinds_total")]
fn of_the_same_kind() {}

fn family(catalogue: &Catalogue, name: &str) -> CataloguedFamily {
    let found = catalogue.families().iter().find(|family| family.name() == name);
    found.unwrap_or_else(|| panic!("no `{name}` in\n{catalogue}")).clone()
}

#[test]
fn every_family_is_in_the_catalogue_before_its_first_call() {
    let catalogue = tallied::catalogue();
    let histogram = family(&catalogue, "tallied_tests_serve_duration_seconds");
    assert_eq!(histogram.kind(), "histogram");
    assert_eq!(histogram.labels(), [("route", 3), ("tenant", 5), ("status", 4)]);
    assert_eq!(histogram.series(), 3 * 5 * 4 * 5);
    assert_eq!(histogram.help(), "Duration of calls in seconds, by route, tenant and status.");
    assert!(histogram.place().0.ends_with("catalogue.rs") && histogram.place().1 > 0);
    let gauge = family(&catalogue, "tallied_tests_serve_in_flight");
    assert_eq!((gauge.kind(), gauge.series()), ("gauge", 15));
    let counter = family(&catalogue, "tallied_tests_serve_calls_total");
    assert_eq!((counter.kind(), counter.series()), ("counter", 60));
    let uncalled = [of_one_kind as fn(), of_another_kind, of_the_same_kind];
    let _ = (uncalled, [Route::Home, Route::Cart, Route::Pay].map(|route| serve(route, String::new())));
}

#[test]
fn callsites_that_write_the_same_series_are_counted_once() {
    let kinds = family(&tallied::catalogue(), "kinds_total");
    // `ok` and `panicked` of two kinds, though three functions write them.
    assert_eq!((kinds.labels(), kinds.series()), (&[("kind", 2), ("status", 2)][..], 4));
}

#[test]
fn the_series_of_the_whole_program_stay_under_a_bound() {
    assert!(tallied::catalogue().series() <= 1_000, "{}", tallied::catalogue());
    let sum: usize = tallied::catalogue().families().iter().map(CataloguedFamily::series).sum();
    assert_eq!(tallied::catalogue().series(), sum);
    let text = tallied::catalogue().to_string();
    assert!(text.starts_with(&format!("at most {sum} series\n")), "{text}");
    assert!(text.contains("300  histogram tallied_tests_serve_duration_seconds {route: 3, tenant: 5, status: 4}"));
}

#[observed(labels(app(max = 3), hit = hit), counter = "reserved_total", histogram = "reserved_seconds")]
fn reserved(app: &str, hit: bool) {}

#[test]
fn values_that_are_reserved_keep_their_places() {
    reserve("reserved_total", "app", ["shop", "blog"]).unwrap();
    for app in ["a", "b", "shop", "c"] {
        reserved(app, true);
    }
    // What is kept already needs no place.
    reserve("reserved_seconds", "app", vec!["a".to_owned(), "blog".to_owned()]).unwrap();
    let text = tallied::gather_metrics();
    let of = |app| value(&text, "reserved_total", &[("app", app), ("hit", "true"), ("status", "ok")]);
    assert_eq!((of("shop"), of("a"), of("_other"), of("blog")), (Some(1.0), Some(1.0), Some(2.0), Some(0.0)));
    assert_eq!(series(&text, "reserved_total").len(), 4 * 2 * 2, "a reserved value is exposed at zero");
    let full = reserve("reserved_total", "app", ["shop", "late\n"]).unwrap_err();
    assert!(matches!(&full, ReserveError::Full { max: 3, value, .. } if value == "late\n"), "{full:?}");
    assert_eq!(
        full.to_string(),
        "no place for the value `late\\n` in the label `app` of the family `reserved_total`, which keeps 3; raise its `max`"
    );
    let never = reserve("reserved_total", "app", ["_other"]).unwrap_err();
    assert_eq!(
        never.to_string(),
        "`_other` cannot be reserved in the label `app` of the family `reserved_total`: it stands for what is not kept"
    );
    let long = reserve("reserved_total", "app", ["é".repeat(1000)]).unwrap_err();
    assert!(
        matches!(long, ReserveError::NeverKept { .. })
            && long.to_string().starts_with("a value of 2000 bytes is never kept"),
        "{long}"
    );
}

#[test]
fn a_name_that_is_wrong_is_told_with_those_that_are_right() {
    let unknown = reserve("reservd_total", "app", ["a"]).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "there is no family `reservd_total` that has a label with `max`; there is: reserved_seconds, reserved_total, \
         tallied_tests_serve_calls_total, tallied_tests_serve_duration_seconds, tallied_tests_serve_in_flight"
    );
    let label = reserve("reserved_total", "hit", ["true"]).unwrap_err();
    assert_eq!(label.to_string(), "the family `reserved_total` has no label `hit` with `max`; it has: app");
    assert!(reserve("kinds_total", "kind", ["a"]).is_err());
    reserve("reserved_total", "app", Vec::<String>::new()).unwrap();
}

/// A library whose functions nobody has called yet, in a program that is built for release, with every symbol stripped.
#[test]
fn a_stripped_program_knows_the_families_of_its_crates() {
    let package = tempfile::tempdir().unwrap();
    let runtime = workspace().join("runtime").display().to_string();
    let write = |file: &str, text: &str| {
        let path = package.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "Cargo.toml",
        &format!(
            "[workspace]\nmembers = [\"shop\", \"main\"]\nresolver = \"3\"\n[workspace.dependencies]\n\
             tallied = {{ path = {runtime:?} }}\n[profile.release]\nlto = \"fat\"\nstrip = \"symbols\"\ncodegen-units = 1\n"
        ),
    );
    let manifest = |name, more| {
        format!("[package]\nname = {name:?}\nedition = \"2024\"\n[dependencies]\ntallied.workspace = true\n{more}")
    };
    write("shop/Cargo.toml", &manifest("shop", ""));
    write("main/Cargo.toml", &manifest("main", "shop.path = \"../shop\"\n"));
    write(
        "shop/src/lib.rs",
        "#![forbid(unsafe_code)]\n#![deny(warnings)]\n//! A shop.\n\n\
         /// Sells.\n#[tallied::observed(histogram)]\npub fn sell<T: Clone>(what: &T) -> T {\n    what.clone()\n}\n\n\
         /// Never called.\n#[tallied::observed]\npub fn close() {}\n\n\
         /// A till.\npub struct Till;\n\n#[tallied::observed]\nimpl Till {\n    /// Opens.\n    pub fn open(&self) {}\n    \
         /// Shuts.\n    pub fn shut(&self) {}\n}\n\n\
         /// A label set.\n#[derive(tallied::LabelSet)]\npub struct Of<'a> {\n    \
         /// New.\n    pub is_new: bool,\n    /// Who.\n    #[label(max = 3)]\n    pub who: &'a str,\n}\n\n\
         /// A group.\n#[derive(tallied::Metrics)]\n#[metrics(prefix = \"shop\")]\npub struct Shop {\n    \
         /// Customers, größe.\n    pub customers: tallied::Gauge<Of<'static>>,\n    \
         /// Time at the till.\n    #[metrics(rename = \"till.wait_seconds\")]\n    pub wait: tallied::Histogram,\n}\n",
    );
    write(
        "main/src/main.rs",
        "fn main() {\n    if std::env::args().count() > 5 {\n        shop::close();\n        shop::sell(&1);\n        \
         shop::sell(&'a');\n    }\n    print!(\"{}\", tallied::catalogue());\n}\n",
    );
    std::fs::copy(workspace().join("Cargo.lock"), package.path().join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--release", "--package", "main"])
        .current_dir(package.path())
        .env("CARGO_TARGET_DIR", target("catalogue"))
        .env_remove("TALLIED_SERIES_BUDGET")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let expected = [
        // Four functions: `ok`, and `panicked`. Of a generic value nobody knows whether it is a `Result`.
        "counter shop_function_calls_total {function: 4, status: 3}",
        "histogram shop_function_duration_seconds {function: 1, status: 3}",
    ];
    for line in expected {
        assert!(said.contains(line), "no `{line}` in\n{said}");
    }
    let program = std::fs::read(target("catalogue").join("release/main")).unwrap();
    let file = object::File::parse(&*program).unwrap();
    assert_eq!(file.symbols().count(), 0, "it is stripped");
    let records = records(&program);
    let expected = [
        "counter shop_function_calls_total  \"Calls by function and status.\" {function: 1, status: 2} 2 series, lib.rs:12",
        // The place of methods is that of their block.
        "counter shop_function_calls_total  \"Calls by function and status.\" {function: 1, status: 2} 2 series, lib.rs:18",
        "counter shop_function_calls_total  \"Calls by function and status.\" {function: 1, status: 2} 2 series, lib.rs:18",
        "counter shop_function_calls_total  \"Calls by function and status.\" {function: 1, status: 3} 3 series, lib.rs:6",
        "gauge shop_customers  \"Customers, größe.\" {is_new: 2, who: 4} 8 series, lib.rs:41",
        "histogram shop_function_duration_seconds  \"Duration of calls in seconds, by function and status.\" {function: 1, \
         status: 3} 45 series, lib.rs:6",
        "histogram shop_till_wait_seconds shop.till.wait_seconds \"Time at the till.\" {} 15 series, lib.rs:44",
    ];
    assert_eq!(records, expected);
}

/// What the documentation says of the records, as a tool would read them.
fn records(program: &[u8]) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), program);
    while let Some(begins) = rest.windows(8).position(|bytes| bytes == b"TALLIED\x02") {
        rest = &rest[begins + 8..];
        let (file, line) = (text(&mut rest), text(&mut rest).parse::<u32>().unwrap());
        let families = 0..number(&mut rest, 1);
        let texts: Vec<[String; 3]> = families.clone().map(|_| [(); 3].map(|()| text(&mut rest))).collect();
        let mut names = |_| std::iter::from_fn(|| Some(text(&mut rest)).filter(|name| !name.is_empty())).collect();
        let labels: Vec<Vec<String>> = families.clone().map(&mut names).collect();
        let numbers: Vec<[u64; 3]> = families.map(|_| [1, 1, 8].map(|bytes| number(&mut rest, bytes))).collect();
        for (([name, written, help], labels), [kind, native, series]) in texts.iter().zip(labels).zip(numbers) {
            let labels: Vec<String> = labels.iter().map(|label| format!("{label}: {}", number(&mut rest, 8))).collect();
            let kind = ["counter", "gauge", "histogram", "summary", "info"][usize::try_from(kind).unwrap()];
            assert_eq!(native, 0, "nothing here is native");
            let (labels, file) = (labels.join(", "), file.rsplit('/').next().unwrap());
            found.push(format!("{kind} {name} {written} {help:?} {{{labels}}} {series} series, {file}:{line}"));
        }
    }
    found.sort();
    found
}

fn text(rest: &mut &[u8]) -> String {
    let end = rest.iter().position(|byte| *byte == 0).unwrap();
    let (text, behind) = rest.split_at(end);
    *rest = &behind[1..];
    String::from_utf8(text.to_vec()).unwrap()
}

fn number(rest: &mut &[u8], bytes: usize) -> u64 {
    let (number, behind) = rest.split_at(bytes);
    *rest = behind;
    number.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
