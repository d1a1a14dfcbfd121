//! Both halves → [`Plan`]: every question answered, every error said.
//!
//! Here are the defaults, the derived names and the checks. Nothing is parsed and nothing is emitted.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{Attribute, Expr, Ident, LitStr, Path, ReturnType, Type};

use super::args::{Args, KNOWN, Metric, RESERVED, listed};
use super::callee::{Callee, Returns, peeled};
use crate::diag::{Errors, did_you_mean};
use crate::names;

/// All that an expansion needs to know.
pub struct Plan {
    pub callee: Callee,
    pub shape: Shape,
    pub krate: Option<Path>,
    /// The function's bare name.
    pub name: String,
    pub identity: Identity,
    pub counter: Option<Family>,
    pub histogram: Option<Family>,
    pub in_flight: Option<Family>,
    /// The histogram's bounds; `None` for the standard ones.
    pub bounds: Option<Expr>,
    pub span: bool,
}

/// The label that holds the function's name.
pub struct Identity {
    pub label: String,
    /// `function` holds the path, a label of the user's the bare name.
    pub holds_path: bool,
}

pub struct Family {
    pub name: String,
    pub help: String,
    /// Whether it carries the identity label.
    pub identity: bool,
}

/// How the body is wrapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// A closure stands for the body, so its value is seen.
    Closure,
    /// A guard beside the body, where a closure cannot stand for it.
    Inline,
    /// An `async fn` that becomes a function which returns the future: arguments are stored once.
    AsyncRewritten,
    /// An `async fn` that stays one, because another attribute looks at it after us.
    AsyncKept,
    /// The future that the function returns.
    ReturnedFuture,
    /// The same, boxed.
    ReturnedBox,
}

pub fn make(args: Args, callee: Callee, package: &str, errors: &Errors) -> Plan {
    if let Some(token) = &callee.sig.constness {
        errors.at(
            token,
            "a `const fn` cannot be observed, because it also runs in the compiler, where nothing is counted; \
             remove `const` or the attribute",
        );
    }
    if let Returns::ImplFutureAnd(name) = callee.returns() {
        errors.at(
            &callee.sig.output,
            format!(
                "an observed future is no `{name}`, whatever the body returns; return `impl Future` alone, or a box"
            ),
        );
    }
    if let Some(variadic) = &callee.sig.variadic {
        errors.at(variadic, "a function with `...` cannot be observed, because its arguments have no names");
    }
    let (listed, meant) = identity(&args.words, &callee, errors);
    let names = Names { crate_name: names::of_package(package), listed: listed.as_deref(), errors };
    let counter = names.counter(args.counter.as_ref());
    let histogram = args.histogram.as_ref().and_then(|metric| names.histogram(metric));
    let in_flight = args.in_flight.as_ref().and_then(|metric| names.in_flight(metric));
    distinct([&counter, &histogram, &in_flight], &args, errors);
    let meant = args.meant_histogram || meant.iter().any(|word| word == "histogram");
    let bounds = bounds(&args, histogram.is_some() || meant, errors);
    let label = listed.unwrap_or_else(|| "function".to_owned());
    Plan {
        shape: shape(&callee),
        krate: args.krate,
        name: callee.sig.ident.unraw().to_string(),
        identity: Identity { holds_path: label == "function", label },
        counter,
        histogram,
        in_flight,
        bounds,
        span: args.span.unwrap_or(true),
        callee,
    }
}

/// The one bare word that names the label of the function's name; and what the misspelt ones were meant to be.
fn identity(words: &[Ident], callee: &Callee, errors: &Errors) -> (Option<String>, Vec<String>) {
    let parameters = callee.parameters();
    let mut first: Option<String> = None;
    let mut meant = Vec::new();
    for word in words {
        let label = word.unraw().to_string();
        if parameters.contains(&label) {
            errors.at(
                word,
                format!(
                    "`{label}` is a parameter, and this version has no labels from parameters; a label that holds the \
                     function's name needs another name"
                ),
            );
            continue;
        }
        let near = KNOWN.iter().chain(&RESERVED).copied().chain(parameters.iter().map(String::as_str));
        if let Some(near) = did_you_mean(&label, near) {
            errors.at(word, format!("unknown argument `{label}`; did you mean `{near}`?"));
            meant.push(near.to_owned());
            continue;
        }
        if let Err(message) = names::label(&label) {
            errors.at(word, message);
            continue;
        }
        match &first {
            None => first = Some(label),
            Some(first) if *first == label => {
                errors.at(word, format!("duplicate label `{label}`; remove one of the two"));
            }
            Some(first) => {
                let parameters = match parameters.as_slice() {
                    [] => "the function has no parameters".to_owned(),
                    names => format!("the parameters are {}", listed(names)),
                };
                errors.at(
                    word,
                    format!(
                        "`{label}` would be a second label that holds the function's name, after `{first}`; {parameters}"
                    ),
                );
            }
        }
    }
    (first, meant)
}

/// Derives the names of families, or checks the user's.
struct Names<'a> {
    crate_name: String,
    /// The identity label, if the user named one.
    listed: Option<&'a str>,
    errors: &'a Errors,
}

impl Names<'_> {
    fn counter(&self, metric: Option<&Metric>) -> Option<Family> {
        self.family(metric, "calls_total", |labels| format!("Calls by {labels}status."))
    }

    fn histogram(&self, metric: &Metric) -> Option<Family> {
        self.family(Some(metric), "duration_seconds", |labels| {
            format!("Duration of calls in seconds, by {labels}status.")
        })
    }

    fn in_flight(&self, metric: &Metric) -> Option<Family> {
        self.family(Some(metric), "in_flight", |labels| match labels.strip_suffix(" and ") {
            Some(label) => format!("Calls running now, by {label}."),
            None => "Calls running now.".to_owned(),
        })
    }

    /// `help` gets `task_name and `, or nothing where the family does not carry the label.
    fn family(&self, metric: Option<&Metric>, suffix: &str, help: impl Fn(&str) -> String) -> Option<Family> {
        if metric.is_some_and(|metric| metric.off) {
            return None;
        }
        let named = metric.and_then(|metric| metric.name.as_ref());
        if let Some(name) = named {
            if let Err(message) = names::family(&name.value()) {
                self.errors.at(name, message);
            }
        }
        let label = self.listed.or(if named.is_none() { Some("function") } else { None });
        let name = named.map_or_else(|| self.derived(label.unwrap_or_default(), suffix), LitStr::value);
        let labels = label.map(|label| format!("{label} and ")).unwrap_or_default();
        let given = metric.and_then(|metric| metric.help.as_ref());
        if let Some(text) = given.filter(|text| text.value().trim().is_empty()) {
            self.errors.at(text, "the help text is empty; say what is counted, or leave `help` out");
        }
        let help = given.map_or_else(|| help(&labels), LitStr::value);
        Some(Family { name, help, identity: label.is_some() })
    }

    /// `{crate}_task_calls_total` for the label `task_name`.
    fn derived(&self, label: &str, suffix: &str) -> String {
        let stem = label.strip_suffix("_name").filter(|stem| !stem.is_empty()).unwrap_or(label);
        format!("{}_{stem}_{suffix}", self.crate_name)
    }
}

/// No two families of one attribute may share a sample's name.
fn distinct(families: [&Option<Family>; 3], args: &Args, errors: &Errors) {
    let keys = [&args.counter, &args.histogram, &args.in_flight];
    let samples = |at: usize, family: &Family| -> Vec<String> {
        let suffixes: &[&str] = if at == 1 { &["", "_bucket", "_sum", "_count"] } else { &[""] };
        suffixes.iter().map(|suffix| format!("{}{suffix}", family.name)).collect()
    };
    for later in 1..families.len() {
        for earlier in 0..later {
            let (Some(a), Some(b)) = (families[earlier], families[later]) else { continue };
            let taken = samples(earlier, a);
            let clash = samples(later, b).into_iter().find(|sample| taken.contains(sample));
            if let (Some(sample), Some(metric)) = (clash, keys[later]) {
                let message = format!("two families of this attribute have a sample `{sample}`; rename one of them");
                match &metric.name {
                    Some(name) => errors.at(name, message),
                    None => errors.at(&metric.key, message),
                }
            }
        }
    }
}

fn bounds(args: &Args, has_histogram: bool, errors: &Errors) -> Option<Expr> {
    let inner = args.histogram.as_ref().and_then(|metric| metric.buckets.as_ref());
    if let (Some(_), Some(outer)) = (inner, &args.buckets) {
        errors.at(&outer.key, "duplicate argument `buckets`: `histogram(…)` has it too; remove one of the two");
    }
    let buckets = inner.or(args.buckets.as_ref())?;
    if !has_histogram {
        errors.at(&buckets.key, "`buckets` needs a histogram; add `histogram`");
    }
    if let Some(this) = find(buckets.bounds.to_token_stream(), "Self") {
        errors.at(this, "the bounds stand in a `static`, where `Self` has no meaning; write the type's name");
    }
    Some(buckets.bounds.clone())
}

/// The first such word, at any depth.
fn find(tokens: TokenStream, word: &str) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => (ident == word).then_some(ident),
        TokenTree::Group(group) => find(group.stream(), word),
        _ => None,
    })
}

fn shape(callee: &Callee) -> Shape {
    if callee.sig.asyncness.is_some() {
        return if callee.attrs.iter().all(is_inert) { Shape::AsyncRewritten } else { Shape::AsyncKept };
    }
    match callee.returns() {
        Returns::ImplFuture | Returns::ImplFutureAnd(_) => Shape::ReturnedFuture,
        Returns::BoxFuture => Shape::ReturnedBox,
        // A closure cannot say `-> impl Trait`, and so cannot infer, say, the lifetimes of `impl Fn(&str) -> &str`.
        Returns::ImplTrait => Shape::Inline,
        // A closure would be the caller that `Location::caller()` tells, and is not inlined into code with features.
        Returns::Plain if sees_its_body(callee) && is_never_a_result(&callee.sig.output) => Shape::Inline,
        Returns::Plain => Shape::Closure,
    }
}

fn sees_its_body(callee: &Callee) -> bool {
    callee.has_attribute("track_caller") || callee.has_attribute("target_feature")
}

/// Whether the type as written cannot be an alias of a `Result`.
fn is_never_a_result(output: &ReturnType) -> bool {
    const PRIMITIVES: [&str; 17] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16", "u32", "u64",
        "u128", "usize",
    ];
    let ReturnType::Type(_, ty) = output else { return true };
    match peeled(ty) {
        Type::Never(_) | Type::Tuple(_) | Type::Reference(_) | Type::Ptr(_) | Type::Array(_) => true,
        Type::Path(path) => path.path.get_ident().is_some_and(|ident| PRIMITIVES.iter().any(|p| ident == p)),
        _ => false,
    }
}

/// Attributes of the language that do not care whether a function is `async`. Any other may be a macro that expands
/// after us and wants to see the `async`.
fn is_inert(attr: &Attribute) -> bool {
    // Not `cfg_attr`, which may hold any, and not `expect`: what it waits for may be a lint on `async fn`.
    const INERT: [&str; 12] = [
        "allow",
        "cfg",
        "cold",
        "deny",
        "deprecated",
        "doc",
        "export_name",
        "forbid",
        "inline",
        "no_mangle",
        "unsafe",
        "warn",
    ];
    match attr.path().get_ident() {
        Some(ident) => INERT.iter().any(|inert| ident == inert),
        // `rustfmt::skip`, `clippy::…`
        None => attr.path().segments.first().is_some_and(|tool| tool.ident == "rustfmt" || tool.ident == "clippy"),
    }
}
