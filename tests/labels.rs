//! Labels from parameters and expressions: each combination is a series of its own.

use std::cell::Cell;
use std::process::Command;

use tallied::{Label, observed};
use tallied_tests::exposition::{series, value};
use tallied_tests::judges::{target, workspace};

#[derive(Clone, Copy, Debug, Label)]
enum Layer {
    Isr,
    Fragment,
    TenantCache,
}

#[derive(Clone, Copy, Debug, Label)]
#[label(rename_all = "SCREAMING-KEBAB-CASE")]
enum Method {
    Get,
    #[label(rename = "DEL")]
    Delete,
    PatchAll,
}

#[derive(Clone, Copy, Debug, Label)]
enum Io {
    Timeout,
    Reset,
}

#[derive(Clone, Copy, Debug, Label)]
enum Failure {
    NotFound,
    Io(Io),
    Denied,
}

#[derive(Label)]
enum Either<L, R> {
    Left(L),
    Right(R),
}

const LAYERS: [Layer; 3] = [Layer::Isr, Layer::Fragment, Layer::TenantCache];
const METHODS: [Method; 3] = [Method::Get, Method::Delete, Method::PatchAll];
const FAILURES: [Option<Failure>; 5] = [
    None,
    Some(Failure::NotFound),
    Some(Failure::Io(Io::Timeout)),
    Some(Failure::Io(Io::Reset)),
    Some(Failure::Denied),
];

fn text<L: Label>(label: &L) -> &'static str {
    L::VALUES.get(label.index())
}

#[test]
fn texts_follow_the_case_and_numbers_add_up() {
    assert_eq!(LAYERS.map(|l| text(&l)), ["isr", "fragment", "tenant_cache"]);
    assert_eq!(METHODS.map(|m| text(&m)), ["GET", "DEL", "PATCH-ALL"]);
    assert_eq!(FAILURES.map(|f| text(&f)), ["", "not_found", "timeout", "reset", "denied"]);
    assert_eq!((Layer::CARDINALITY, Failure::CARDINALITY, Option::<Failure>::CARDINALITY), (3, 4, 5));
    assert_eq!(Either::<Layer, Option<Io>>::CARDINALITY, 6);
    assert_eq!(text(&Either::<Layer, Io>::Right(Io::Reset)), "reset");
    assert_eq!(text(&Either::<Layer, Io>::Left(Layer::Fragment)), "fragment");
}

#[observed(layer, method, labels(failure, hit), histogram, in_flight)]
#[allow(clippy::trivially_copy_pass_by_ref)] // a reference is a label too
fn every_combination(layer: Layer, method: &Method, failure: Option<Failure>, hit: bool) -> usize {
    layer.index() + method.index() + failure.index() + hit.index()
}

#[test]
fn every_combination_is_a_series_of_its_own() {
    let mut calls = 0;
    let mut expected = Vec::new();
    for layer in LAYERS {
        for method in METHODS {
            for failure in FAILURES {
                for hit in [false, true] {
                    calls += 1;
                    for _ in 0..calls {
                        every_combination(layer, &method, failure, hit);
                    }
                    expected.push((layer, method, failure, hit, calls));
                }
            }
        }
    }
    let text_of = tallied::gather_metrics();
    for (layer, method, failure, hit, calls) in &expected {
        let labels = [
            ("layer", text(layer)),
            ("method", text(method)),
            ("failure", text(failure)),
            ("hit", text(hit)),
            ("status", "ok"),
        ];
        for family in ["calls_total", "duration_seconds_count"] {
            let name = format!("tallied_tests_every_combination_{family}");
            assert_eq!(value(&text_of, &name, &labels), Some(f64::from(*calls)), "{labels:?}");
        }
        let name = "tallied_tests_every_combination_in_flight";
        assert_eq!(value(&text_of, name, &labels[..4]), Some(0.0), "{labels:?}");
    }
    // Two statuses each: ok and panicked.
    assert_eq!(series(&text_of, "tallied_tests_every_combination_calls_total").len(), expected.len() * 2);
}

thread_local! {
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

struct Request {
    method: Method,
    body: String,
}

impl Request {
    fn method(&self) -> Method {
        ASKED.set(ASKED.get() + 1);
        self.method
    }

    #[observed(task_name, labels(method: Method = self.method(), zone = "eu \"1\""), histogram)]
    fn consumed(self) -> String {
        self.body
    }

    #[observed(task_name, labels(method: Method = self.method(), zone = "eu \"1\""), histogram)]
    async fn consumed_later(self) -> Result<String, ()> {
        std::future::ready(()).await;
        if self.body.is_empty() { Err(()) } else { Ok(self.body) }
    }

    #[observed(labels(first: Method = self.method()))]
    fn parts(&self) -> impl Iterator<Item = char> + '_ {
        self.body.chars()
    }
}

#[tokio::test]
async fn a_label_is_asked_for_once_and_moves_nothing_away() {
    let request = |method, body: &str| Request { method, body: body.to_owned() };
    assert_eq!(request(Method::Get, "body").consumed(), "body");
    assert_eq!(ASKED.take(), 1);
    assert_eq!(request(Method::Delete, "body").consumed_later().await, Ok("body".to_owned()));
    assert_eq!(request(Method::Delete, "").consumed_later().await, Err(()));
    assert_eq!(ASKED.take(), 2);
    assert_eq!(request(Method::PatchAll, "ab").parts().count(), 2);
    let exposition = tallied::gather_metrics();
    let counted = |task, method, status| {
        let labels = [("task_name", task), ("method", method), ("zone", "eu \\\"1\\\""), ("status", status)];
        value(&exposition, "tallied_tests_task_calls_total", &labels)
    };
    assert_eq!(counted("consumed", "GET", "ok"), Some(1.0));
    assert_eq!(counted("consumed_later", "DEL", "ok"), Some(1.0));
    assert_eq!(counted("consumed_later", "DEL", "error"), Some(1.0));
    assert_eq!(counted("consumed_later", "GET", "error"), Some(0.0), "at zero before it happens");
    let parts = [("first", "PATCH-ALL"), ("status", "ok")];
    assert_eq!(value(&exposition, "tallied_tests_parts_calls_total", &parts), Some(1.0));
}

#[observed(
    counter(name = "zart_tasks_total", labels(status)),
    histogram(name = "zart_task_duration_seconds", buckets = [0.5], labels(task_name, layer, status)),
    in_flight(name = "zart_concurrent_tasks", labels())
)]
fn task(layer: Layer) -> Result<(), ()> {
    if matches!(layer, Layer::Isr) { Err(()) } else { Ok(()) }
}

#[observed(layer, labels(method), histogram(labels(method)), counter(labels(layer, part_name)))]
fn listed(layer: Layer, method: Method) {}

#[test]
fn a_family_that_lists_its_labels_has_those_and_adds_up_over_the_others() {
    for layer in LAYERS {
        let _ = task(layer);
        for method in METHODS {
            listed(layer, method);
        }
    }
    let text_of = tallied::gather_metrics();
    let counted = |name: &str, labels: &[(&str, &str)]| value(&text_of, name, labels);
    assert_eq!(counted("zart_tasks_total", &[("status", "ok")]), Some(2.0));
    assert_eq!(counted("zart_tasks_total", &[("status", "error")]), Some(1.0));
    let labels = [("task_name", "task"), ("layer", "tenant_cache"), ("status", "ok")];
    assert_eq!(counted("zart_task_duration_seconds_count", &labels), Some(1.0));
    assert_eq!(counted("zart_concurrent_tasks", &[]), Some(0.0));
    // A list without `status` adds up over the outcomes too.
    assert_eq!(counted("tallied_tests_listed_duration_seconds_count", &[("method", "DEL")]), Some(3.0));
    let labels = [("layer", "isr"), ("part_name", "listed")];
    assert_eq!(counted("tallied_tests_part_calls_total", &labels), Some(3.0));
    assert_eq!(series(&text_of, "tallied_tests_part_calls_total").len(), 3);
}

struct Named<'a> {
    layer: Layer,
    name: &'a str,
}

impl Named<'_> {
    fn layer(&self) -> Layer {
        self.layer
    }
}

#[observed(labels(layer = named.layer(), long = named.name.len() > *least, some = Some(Io::Reset)), counter = "inferred_total")]
#[allow(clippy::trivially_copy_pass_by_ref)]
fn inferred<'a>(named: &Named<'a>, least: &usize) -> &'a str {
    let _ = least;
    named.name
}

#[observed(labels(layer = named.layer, sure = map.get(&1), own = &map[&1]), counter = "by_reference_total")]
fn by_reference(named: &Named<'_>, map: &std::collections::HashMap<u8, Io>, _layer: impl Into<String>) -> usize {
    map.len() + named.name.len()
}

#[test]
fn an_expression_may_give_a_reference() {
    by_reference(&Named { layer: Layer::Isr, name: "" }, &[(1, Io::Reset)].into(), "");
    let labels = [("layer", "isr"), ("sure", "reset"), ("own", "reset"), ("status", "ok")];
    assert_eq!(value(&tallied::gather_metrics(), "by_reference_total", &labels), Some(1.0));
}

#[observed(labels(layer = named.layer, sure = true), counter = "inferred_later_total")]
async fn inferred_later(named: Named<'_>, text: String) -> usize {
    std::future::ready(()).await;
    named.name.len() + text.len()
}

#[tokio::test]
async fn the_type_of_an_expression_is_inferred_from_the_parameters() {
    inferred(&Named { layer: Layer::Fragment, name: "name" }, &3);
    inferred_later(Named { layer: Layer::Isr, name: "name" }, String::new()).await;
    let text = tallied::gather_metrics();
    let labels = [("layer", "fragment"), ("long", "true"), ("some", "reset"), ("status", "ok")];
    assert_eq!(value(&text, "inferred_total", &labels), Some(1.0));
    // 3 layers, 2 lengths, 3 of `Option<Io>`, and ok or panicked.
    assert_eq!(series(&text, "inferred_total").len(), 3 * 2 * 3 * 2);
    let labels = [("layer", "isr"), ("sure", "true"), ("status", "ok")];
    assert_eq!(value(&text, "inferred_later_total", &labels), Some(1.0));
}

thread_local! {
    static ORDER: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
}

fn noted(n: u8) -> bool {
    ORDER.with_borrow_mut(|order| order.push(n));
    n > 1
}

#[observed(labels(one: bool = noted(1), two = noted(2), three: bool = noted(3), four = noted(4)), counter = "ordered_total")]
fn ordered() {
    noted(5);
}

#[test]
fn expressions_are_evaluated_in_their_order_and_before_the_body() {
    ordered();
    assert_eq!(ORDER.take(), [1, 2, 3, 4, 5]);
    let labels = [("one", "false"), ("two", "true"), ("three", "true"), ("four", "true"), ("status", "ok")];
    assert_eq!(value(&tallied::gather_metrics(), "ordered_total", &labels), Some(1.0));
}

/// A label that says more of itself than is true.
struct Liar;

impl Label for Liar {
    const VALUES: tallied::Values = tallied::Values::texts(&["a", "b"]);
    const CARDINALITY: usize = 5;

    fn index(&self) -> usize {
        4
    }
}

#[observed(liar, hit, counter = "liar_total", in_flight)]
fn lied(hit: bool, liar: &mut Liar) -> bool {
    let _ = &liar;
    hit
}

#[test]
fn a_label_that_lies_of_its_cardinality_costs_a_wrong_label_and_no_panic() {
    assert!(lied(true, &mut Liar));
    let labels = [("liar", "b"), ("hit", "true"), ("status", "ok")];
    assert_eq!(value(&tallied::gather_metrics(), "liar_total", &labels), Some(1.0));
}

#[observed(labels(hit, layer), counter = "order_total")]
fn in_order(hit: bool, layer: Layer) -> usize {
    layer.index() + usize::from(hit)
}

#[observed(labels(layer, hit), counter(name = "order_total", help = "Calls by hit, layer and status."))]
fn in_another_order(hit: bool, layer: Layer) -> usize {
    layer.index() + usize::from(hit)
}

#[test]
fn the_same_labels_in_another_order_are_one_family() {
    in_order(true, Layer::Isr);
    in_another_order(true, Layer::Isr);
    in_another_order(false, Layer::Fragment);
    let text = tallied::gather_metrics();
    let counted = |hit, layer| value(&text, "order_total", &[("hit", hit), ("layer", layer), ("status", "ok")]);
    assert_eq!((counted("true", "isr"), counted("false", "fragment")), (Some(2.0), Some(1.0)));
}

#[observed(counter(name = "unlabelled_total", labels()), histogram(labels(status)))]
fn empty_lists() {}

#[test]
fn an_empty_list_is_no_labels() {
    empty_lists();
    let text = tallied::gather_metrics();
    assert_eq!(value(&text, "unlabelled_total", &[]), Some(1.0));
    assert_eq!(value(&text, "tallied_tests_function_duration_seconds_count", &[("status", "ok")]), Some(1.0));
}

macro_rules! many {
    ($($variant:ident)*) => {
        #[derive(Clone, Copy, Label)]
        enum Many {
            Nested(Io),
            $($variant,)*
        }
        const MANY: &[Many] = &[$(Many::$variant),*];
    };
}

many! {
    A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 B0 B1 B2 B3 B4 B5 B6 B7 B8 B9 C0 C1 C2 C3 C4 C5 C6 C7 C8 C9 D0 D1 D2 D3 D4 D5 D6 D7 D8 D9
    E0 E1 E2 E3 E4 E5 E6 E7 E8 E9 F0 F1 F2 F3 F4 F5 F6 F7 F8 F9 G0 G1 G2 G3 G4 G5 G6 G7 G8 G9 H0 H1 H2 H3 H4 H5 H6 H7 H8 H9
    I0 I1 I2 I3 I4 I5 I6 I7 I8 I9 J0 J1 J2 J3 J4 J5 J6 J7 J8 J9 K0 K1 K2 K3 K4 K5 K6 K7 K8 K9 L0 L1 L2 L3 L4 L5 L6 L7 L8 L9
    M0 M1 M2 M3 M4 M5 M6 M7 M8 M9 N0 N1 N2 N3 N4 N5 N6 N7 N8 N9 O0 O1 O2 O3 O4 O5 O6 O7 O8 O9 P0 P1 P2 P3 P4 P5 P6 P7 P8 P9
}

#[observed(many, counter = "many_total")]
fn of_many(many: Many) {}

#[test]
fn an_enum_of_many_variants_is_a_label() {
    for many in MANY {
        of_many(*many);
    }
    of_many(Many::Nested(Io::Reset));
    let text = tallied::gather_metrics();
    assert_eq!(series(&text, "many_total").iter().filter(|line| line.ends_with(" 1")).count(), MANY.len() + 1);
    assert_eq!(value(&text, "many_total", &[("many", "p9"), ("status", "ok")]), Some(1.0));
}

struct Careless(usize);

impl Label for Careless {
    const VALUES: tallied::Values = tallied::Values::texts(&["a", "b"]);

    fn index(&self) -> usize {
        self.0
    }
}

#[observed(careless, counter = "careless_total")]
fn careless(careless: &Careless) {}

#[test]
fn an_index_that_is_too_large_is_the_last_value() {
    for index in [0, 1, 2, usize::MAX] {
        careless(&Careless(index));
    }
    let text = tallied::gather_metrics();
    let counted = |value_of| value(&text, "careless_total", &[("careless", value_of), ("status", "ok")]);
    assert_eq!((counted("a"), counted("b")), (Some(1.0), Some(3.0)));
}

#[observed(left, right, counter = "pairs_total")]
fn pair(left: Left, right: Right) {}

#[derive(Label)]
enum Left {
    #[label(rename = "ab")]
    Long,
    #[label(rename = "a")]
    Short,
}

#[derive(Label)]
enum Right {
    #[label(rename = "c")]
    Short,
    #[label(rename = "bc")]
    Long,
}

#[test]
fn label_sets_whose_texts_run_together_stay_apart() {
    pair(Left::Long, Right::Short);
    pair(Left::Short, Right::Long);
    pair(Left::Short, Right::Long);
    let text = tallied::gather_metrics();
    let counted = |left, right| value(&text, "pairs_total", &[("left", left), ("right", right), ("status", "ok")]);
    assert_eq!(counted("ab", "c"), Some(1.0));
    assert_eq!(counted("a", "bc"), Some(2.0));
}

#[test]
fn a_macro_of_a_crate_that_renames_tallied_works_in_another() {
    let package = tempfile::tempdir().unwrap();
    let runtime = workspace().join("runtime").display().to_string();
    let write = |file: &str, text: &str| {
        let path = package.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("Cargo.toml", "[workspace]\nmembers = [\"made\", \"uses\"]\nresolver = \"3\"\n");
    let manifest = |name: &str, dependency: String| {
        format!("[package]\nname = {name:?}\nedition = \"2024\"\n[dependencies]\n{dependency}\n")
    };
    write("made/Cargo.toml", &manifest("made", format!("measures = {{ package = \"tallied\", path = {runtime:?} }}")));
    write("uses/Cargo.toml", &manifest("uses", "made.path = \"../made\"".to_owned()));
    write(
        "made/src/lib.rs",
        r#"pub use measures;

#[macro_export]
macro_rules! made {
    ($name:ident) => {
        #[derive(Clone, Copy, $crate::measures::Label, $crate::measures::Outcome)]
        #[label(crate = $crate::measures)]
        pub enum Words { Ok, Error, Inside(bool) }

        #[derive(Clone, Copy, $crate::measures::LabelSet)]
        #[label(crate = $crate::measures)]
        pub struct Set<'a> { words: Words, #[label(max = 2)] text: &'a str, #[label(flatten)] empty: Empty }

        #[derive(Clone, Copy, $crate::measures::LabelSet)]
        #[label(crate = $crate::measures)]
        pub struct Empty;

        #[$crate::measures::observed(
            crate = $crate::measures,
            labels(set(flatten), hit, plain = !hit, n(max = 3), kind = "made"),
            after(odd = |n| n % 2 == 1, small: bool = |n| *n < 3, value(max = 2) = |n| *n),
            status = Words,
            histogram(buckets = [1.0, 2.0]),
            budget = 200_000
        )]
        pub fn $name(set: Set<'_>, hit: bool, n: u8) -> u8 { let _ = (set.words, set.text, set.empty, hit); n }
    };
}
"#,
    );
    write("uses/src/lib.rs", "made::made!(observed_there);\n");
    std::fs::copy(workspace().join("Cargo.lock"), package.path().join("Cargo.lock")).unwrap();
    let mut command = Command::new(env!("CARGO"));
    command.args(["check", "--quiet", "--workspace"]).current_dir(package.path());
    let output =
        command.env("CARGO_TARGET_DIR", target("readme")).env_remove("TALLIED_SERIES_BUDGET").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_environments_budget_is_watched_and_refuses_what_is_over_it() {
    let package = tempfile::tempdir().unwrap();
    let runtime = workspace().join("runtime").display().to_string();
    let manifest = format!(
        "[package]\nname = \"shop\"\nedition = \"2024\"\n[workspace]\n[dependencies]\ntallied = {{ path = {runtime:?} }}\n"
    );
    std::fs::create_dir(package.path().join("src")).unwrap();
    std::fs::write(package.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::copy(workspace().join("Cargo.lock"), package.path().join("Cargo.lock")).unwrap();
    let code = "#[tallied::observed(hit)]\npub fn read(hit: bool) -> bool {\n    hit\n}\n";
    std::fs::write(package.path().join("src/lib.rs"), code).unwrap();
    let cargo = |verb: &str, budget: Option<&str>| {
        let mut command = Command::new(env!("CARGO"));
        command.args([verb, "--quiet"]).current_dir(package.path());
        command.env("CARGO_TARGET_DIR", target("readme"));
        match budget {
            Some(budget) => command.env("TALLIED_SERIES_BUDGET", budget),
            None => command.env_remove("TALLIED_SERIES_BUDGET"),
        };
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let check = |budget| cargo("check", budget);
    // No file changes between these.
    assert!(check(None).0);
    let (passed, said) = check(Some("3"));
    assert!(!passed && said.contains("3 (`TALLIED_SERIES_BUDGET` of the environment), over by 1"), "{said}");
    assert!(check(Some("4")).0);
    let (passed, said) = check(Some("many"));
    assert!(!passed && said.contains("`many`, which is no number of series"), "{said}");
    // Two statuses with the standard buckets: no proof is needed, until the variable says that it is.
    let code = "#[tallied::observed(histogram)]\npub fn read(hit: bool) -> String {\n    hit.to_string()\n}\n";
    std::fs::write(package.path().join("src/lib.rs"), code).unwrap();
    assert!(check(None).0 && check(Some("1000")).0);
    let (passed, said) = check(Some("29"));
    assert!(!passed && said.contains("29 (`TALLIED_SERIES_BUDGET` of the environment), over by 1"), "{said}");
    assert!(check(Some("30")).0 && check(None).0);
    // Whether an alias is a `Result` is known when the function is built: two answers, ok, panicked and perhaps error.
    let code = "pub type Answer<T> = Result<T, ()>;\npub struct Of<T>(pub T);\nimpl<T: Clone> Of<T> {\n    \
                #[tallied::observed(hit)]\n    pub fn read(&self, hit: bool) -> Answer<T> {\n        \
                if hit { Ok(self.0.clone()) } else { Err(()) }\n    }\n}\n\
                pub fn used() -> Answer<u8> {\n    Of(1).read(true)\n}\n";
    std::fs::write(package.path().join("src/lib.rs"), code).unwrap();
    assert!(cargo("check", Some("5")).0 && cargo("build", Some("6")).0);
    let (passed, said) = cargo("build", Some("5"));
    assert!(!passed && said.contains("hit: 2, status: 3 = 6 label sets"), "{said}");
}
