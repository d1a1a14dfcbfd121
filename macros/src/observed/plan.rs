//! Both halves → [`Plan`]: every question answered, every error said.
//!
//! Here are the defaults, the derived names and the checks. Nothing is parsed and nothing is emitted.

use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{Expr, Ident, Path, ReturnType, Type};

use super::Package;
use super::args::{Args, Defaults};
use super::callee::{Callee, Returns, peeled};
use super::events::{self, Events};
use super::families::{Family, Names, bounds, distinct, sample};
use super::labels::{self, Holds, Label, Labels};
use super::nameable::{has_no_name, nameable};
use super::span::{self, Span};
use super::tail::may_leave;
use crate::diag::Errors;
use crate::names;

/// All that an expansion needs to know.
pub struct Plan {
    pub callee: Callee,
    pub shape: Shape,
    /// Whether anything is done with a call but to open its span.
    pub has_site: bool,
    pub krate: Option<Path>,
    /// The function's bare name.
    pub name: String,
    pub labels: Vec<Label>,
    pub counter: Option<Family>,
    pub histogram: Option<Family>,
    pub summary: Option<Family>,
    pub in_flight: Option<Family>,
    /// Time inside the polls of a future.
    pub busy: Option<Family>,
    /// The histogram's bounds; `None` for the standard ones.
    pub bounds: Option<Expr>,
    /// One call in so many is timed.
    pub sample: Option<u32>,
    /// Those of `busy`.
    pub busy_bounds: Option<Expr>,
    /// The words for what becomes of a call; `None` for the usual ones.
    pub status: Option<Type>,
    pub budget: Option<Expr>,
    /// Whether the environment's budget binds the package.
    pub is_own: bool,
    /// No family can have more series than its budget, whatever the types turn out to be.
    pub is_small: bool,
    pub told: Told,
    /// `None` without a span.
    pub span: Option<Span>,
    pub events: Events,
    /// The target of the span and the events; `None` for the module's path.
    pub target: Option<Expr>,
}

impl Plan {
    /// Whether events tell of the end of calls.
    pub fn is_loud(&self) -> bool {
        self.events.slow.is_some() || self.events.log.is_some()
    }
}

/// What is known of how a call can end.
pub enum Told {
    /// To return is to succeed: nobody is asked.
    ByReturn,
    /// It can be an error too.
    Result,
    /// The compiler knows, of this type; the signature says only so much. The type may name parameters of an `impl`
    /// round the function, which a constant beside the function cannot.
    ByType(bool, Type),
    /// Any word of the user's.
    Anything,
}

/// What decides how the body is wrapped.
#[allow(clippy::struct_excessive_bools)]
struct Needs {
    /// Somebody asks for the returned value.
    value: bool,
    /// Something is counted or told, or a label has a value.
    site: bool,
    /// Something of the user's is evaluated to open the span.
    opens: bool,
    is_tracings: bool,
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
    /// The same, in a pinned box.
    ReturnedBox,
    /// The same, in a box that can be moved.
    ReturnedUnpinnedBox,
    /// The `async` block at the end of the body, in its box or without: `Box::pin(async move { … })`.
    Tail,
}

pub fn make(args: Args, mut callee: Callee, package: &Package, defaults: Defaults, errors: &Errors) -> Plan {
    future(&args, &mut callee, errors);
    unobservable(&callee, errors);
    let mut labels = labels::make(&args, &callee, errors);
    let name = callee.sig.ident.unraw().to_string();
    let names = Names {
        package: names::of_package(&package.name),
        function: &name,
        labels: &labels,
        allow: &args.allow,
        errors,
    };
    // What counts nothing unless it is asked to has its counter by name only.
    let is_off = defaults == Defaults::Instrument && args.counter.is_none();
    let counter = if is_off { None } else { names.counter(args.counter.as_ref()) };
    let histogram = args.histogram.as_ref().and_then(|metric| names.histogram(metric));
    let summary = args.summary.as_ref().and_then(|metric| names.summary(metric));
    let in_flight = args.in_flight.as_ref().and_then(|metric| names.in_flight(metric));
    let mut busy = args.busy.as_ref().and_then(|metric| names.busy(metric));
    unknown(&args, &labels, &callee, defaults, errors);
    distinct([&counter, &histogram, &summary, &in_flight, &busy], &args, errors);
    let meant = args.meant_histogram || labels.meant.iter().any(|word| word == "histogram");
    let (bounds, busy_bounds) = bounds(&args, histogram.is_some() || meant, errors);
    if let (Some(outer), Some(a), Some(b)) = (&args.buckets, &histogram, &busy) {
        if a.other_unit != b.other_unit {
            errors.at(
                &outer.key,
                "`buckets` beside two histograms are for both, and these have two units; give each its own",
            );
        }
    }
    let sample = histogram.as_ref().and_then(|_| sample(&args, errors));
    let span = span::make(&args, &callee, &labels, defaults, errors);
    let events = events::make(&args, &callee, errors);
    let target = events::text(args.target.as_ref(), &callee, errors);
    if let (Some(value), None, None, None) = (&args.target, &span, &events.err, &events.ret) {
        if args.slow.is_none() && args.log.is_none() {
            errors.at(&value.key, "`target` is of the span, and `span = false` opens none; remove one of the two");
        }
    }
    let families = [&counter, &histogram, &summary, &in_flight, &busy];
    // Unless a family has it, the span's name says as much.
    if families.into_iter().flatten().any(|family| !family.labels.is_empty()) && labels.all.is_empty() {
        labels.all.push(Label { name: "function".to_owned(), holds: Holds::Path, is_listed_only: false });
    }
    let status = args.status.as_ref().and_then(|ty| nameable(ty, &callee, errors));
    let is_small = is_small(&args, &labels, package);
    let needs_value = args.status.is_some()
        || events.err.is_some()
        || events.ret.is_some()
        || labels.all.iter().any(|label| label.holds.is_after());
    let has_events = events.err.is_some() || events.ret.is_some() || args.slow.is_some() || args.log.is_some();
    if span.is_none() && !has_events && families.into_iter().all(Option::is_none) && !callee.is_of_block {
        let key = args.span.as_ref().map(|span| &span.key);
        errors.at(key, "nothing is left to observe; remove the attribute");
    }
    let is_one = |label: &Label| matches!(label.holds, Holds::Path | Holds::Name | Holds::Text(_));
    let is_loud = args.slow.is_some() || args.log.is_some();
    let needs = Needs {
        value: needs_value,
        site: is_loud || families.into_iter().any(Option::is_some) || !labels.all.iter().all(is_one),
        opens: span.as_ref().is_some_and(Span::has_values),
        is_tracings: defaults == Defaults::Instrument,
    };
    let shape = shape(&callee, &needs);
    if matches!(shape, Shape::Closure | Shape::Inline) && callee.is_of_block {
        // Of a block, it is for those methods that have polls.
        busy = None;
    } else if let (Some(metric), true, Shape::Closure | Shape::Inline) = (&args.busy, busy.is_some(), shape) {
        errors.at(
            &metric.key,
            "`busy` is the time inside the polls of a future, and this function returns none that can be seen; \
             use `histogram`, or add `future` if it does",
        );
    }
    Plan {
        shape,
        has_site: needs.site,
        krate: args.krate,
        name,
        labels: labels.all,
        counter,
        histogram,
        summary,
        in_flight,
        busy,
        bounds,
        sample,
        busy_bounds,
        budget: args.budget,
        is_own: package.is_own,
        is_small,
        told: told(&callee, args.status.is_some()),
        status,
        span,
        events,
        target,
        callee,
    }
}

/// Functions of a kind that cannot be observed.
fn unobservable(callee: &Callee, errors: &Errors) {
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
}

/// What counts nothing has no labels: there, a word alone was meant to be something else.
fn unknown(args: &Args, labels: &Labels, callee: &Callee, defaults: Defaults, errors: &Errors) {
    let metrics = [&args.counter, &args.histogram, &args.summary, &args.in_flight, &args.busy];
    if defaults == Defaults::Observed || metrics.into_iter().any(Option::is_some) {
        return;
    }
    let parameters = callee.parameters();
    let is_label = |word: &Ident| labels.all.iter().any(|label| word.unraw() == label.name);
    let is_parameter = |word: &Ident| parameters.iter().any(|parameter| word.unraw() == parameter.name);
    for word in args.words.iter().filter(|word| is_label(word) && !is_parameter(word)) {
        errors.at(word, format!("unknown argument `{word}`; a label needs a family, such as `histogram`"));
    }
}

/// The function returns a future, though its type does not show it.
fn future(args: &Args, callee: &mut Callee, errors: &Errors) {
    // A type that may be anything, and a body that gives `Box::pin(async move { … })`; or a trait of which the body says
    // that it is one of futures.
    let ends_boxed = || callee.tail().map(|tail| tail.pin.is_some());
    let may_be_one = callee.sig.asyncness.is_none()
        && match callee.returns() {
            Returns::Plain => ends_boxed() == Some(true),
            Returns::ImplTrait => ends_boxed() == Some(false),
            _ => false,
        };
    let Some(word) = &args.future else {
        callee.says_future = may_be_one;
        return;
    };
    let is_seen = callee.sig.asyncness.is_some() || !matches!(callee.returns(), Returns::Plain | Returns::ImplTrait);
    // No alias of a box.
    let plain = callee.returned().filter(|ty| is_nobodys(ty) || matches!(ty, Type::Reference(_)));
    if !is_seen && plain.is_none() {
        callee.says_future = true;
    } else if callee.is_of_block {
        // Of a block, it is for those methods that need it.
    } else if is_seen {
        errors.at(word, "that this function returns a future is seen; remove `future`");
    } else {
        let ty = plain.to_token_stream();
        let message = "`future` is for `Pin<Box<dyn Future>>` by another name, and this function returns";
        errors.at(word, format!("{message} `{ty}`; remove it"));
    }
}

/// One label set, four statuses and the standard buckets are 60 series: nothing that needs a proof, unless the budget
/// is smaller still. (The compiler's time is the user's.)
fn is_small(args: &Args, labels: &Labels, package: &Package) -> bool {
    let is_one = |label: &Label| matches!(label.holds, Holds::Name | Holds::Path | Holds::Text(_));
    let has_buckets = args.buckets.is_some() || args.histogram.as_ref().is_some_and(|metric| metric.buckets.is_some());
    let environment = package.budget.as_deref().filter(|budget| package.is_own && !budget.is_empty());
    let is_enough = |budget: &str| {
        let is_number = budget.starts_with(|c: char| c.is_ascii_digit());
        is_number && budget.replace('_', "").parse().is_ok_and(|series: usize| series >= 60)
    };
    labels.all.iter().all(is_one)
        && !has_buckets
        && args.status.is_none()
        && args.budget.is_none()
        && args.busy.is_none()
        && args.summary.is_none()
        && args.slow.is_none()
        && args.log.is_none()
        && environment.is_none_or(is_enough)
}

/// What the signature tells of errors: by its words where they are plain, by the type where the compiler must be asked.
/// With words of the user's, a value of any type may be told by hand.
fn told(callee: &Callee, by_hand: bool) -> Told {
    let ty = callee.returned();
    // Whoever made the alias knows whether it is of a `Result`.
    if let (Some(awaited), false) = (callee.awaited(), by_hand) {
        return Told::ByType(false, awaited);
    }
    // Without arguments it may be a type of the user's own that is called so.
    let is_result = |ty: &Type| {
        matches!(ty, Type::Path(path) if path.path.segments.last()
            .is_some_and(|segment| segment.ident == "Result" && !segment.arguments.is_none()))
    };
    match ty {
        // Its output is not to be seen.
        None if matches!(callee.returns(), Returns::BoxFuture | Returns::ImplFuture)
            && callee.output_of_future().is_none() =>
        {
            Told::Anything
        }
        Some(Type::Never(_)) => Told::ByReturn,
        Some(ty) if !by_hand && is_nobodys(&ty) => Told::ByReturn,
        Some(ty) if !by_hand && is_result(&ty) => Told::Result,
        Some(ty) if !has_no_name(&ty) => Told::ByType(is_result(&ty), ty),
        _ if by_hand => Told::Anything,
        // The signature shows no more than this: what is behind it is not asked.
        None | Some(Type::ImplTrait(_)) => Told::ByReturn,
        // It cannot be named here, and may be an alias.
        Some(_) => Told::Result,
    }
}

fn shape(callee: &Callee, needs: &Needs) -> Shape {
    if callee.sig.asyncness.is_some() {
        return if callee.is_watched { Shape::AsyncKept } else { Shape::AsyncRewritten };
    }
    let returns = callee.returns();
    if let (Some(tail), true) = (callee.tail(), !matches!(returns, Returns::Plain | Returns::ImplTrait)) {
        let is_all = tail.before.is_empty();
        let may_leave = may_leave(tail.before);
        let is_pinned = tail.pin.is_some();
        // The span is opened where `async fn` would open it, if the block has all arguments, or as tracing has it. And
        // what is boxed once need not be boxed twice.
        let opens_there = needs.opens && (is_all && callee.is_of_async_trait() || needs.is_tracings && !may_leave);
        if opens_there || is_all && is_pinned && !needs.opens {
            return Shape::Tail;
        }
    }
    match returns {
        Returns::ImplFuture | Returns::ImplFutureAnd(_) => Shape::ReturnedFuture,
        Returns::BoxFuture => Shape::ReturnedBox,
        Returns::UnpinnedBoxFuture => Shape::ReturnedUnpinnedBox,
        // A closure cannot say `-> impl Trait`, and so cannot infer, say, the lifetimes of `impl Fn(&str) -> &str`.
        Returns::ImplTrait if !needs.value => Shape::Inline,
        // Nobody asks for the value, and nothing is counted: what is left is the span.
        Returns::Plain if !needs.value && !needs.site => Shape::Inline,
        // A closure would be the caller that `Location::caller()` tells, and is not inlined into code with features.
        Returns::Plain if !needs.value && sees_its_body(callee) && is_never_a_result(&callee.sig.output) => {
            Shape::Inline
        }
        // A guard beside the body sees no value.
        Returns::Plain | Returns::ImplTrait => Shape::Closure,
    }
}

fn sees_its_body(callee: &Callee) -> bool {
    callee.has_attribute("track_caller") || callee.has_attribute("target_feature")
}

/// Whether the type as written cannot be an alias of a `Result`.
fn is_never_a_result(output: &ReturnType) -> bool {
    let ReturnType::Type(_, ty) = output else { return true };
    match peeled(ty) {
        Type::Never(_) | Type::Reference(_) => true,
        ty => is_nobodys(ty),
    }
}

/// Whether the type as written is the language's own: no alias of a `Result`, and none that a user could tell by hand.
pub fn is_nobodys(ty: &Type) -> bool {
    const PRIMITIVES: [&str; 17] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16", "u32", "u64",
        "u128", "usize",
    ];
    match peeled(ty) {
        Type::Tuple(_) | Type::Ptr(_) | Type::Array(_) | Type::Slice(_) => true,
        Type::Reference(ty) => is_nobodys(&ty.elem),
        Type::Path(path) => path.path.get_ident().is_some_and(|ident| PRIMITIVES.iter().any(|p| ident == p)),
        _ => false,
    }
}
