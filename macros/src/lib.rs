//! The macros of `tallied`. Depend on `tallied`, which re-exports them: the expansions name `::tallied`.

mod diag;
mod echo;
mod label_sets;
mod labels;
mod metrics;
mod names;
mod observed;
mod outcome;
mod paths;
mod spans;

#[cfg(test)]
mod goldens;

use observed::{Defaults, Package};
use proc_macro::TokenStream;

/// Gives a function a span, a counter of its calls by outcome, and, when asked, a duration histogram and a gauge of the
/// calls that are running.
///
/// ```text
/// #[observed]                                    // span and calls counter
/// #[observed(histogram)]                         // and a duration histogram with the standard buckets
/// #[observed(task_name, histogram)]              // the label `task_name` holds the function's name
/// #[observed(in_flight)]                         // and a gauge of the calls that are running now
/// #[observed(counter = "jobs_total", histogram = "job_seconds", buckets = FAST)]
/// #[observed(labels(queue, route: Route = req.route(), tenant(max = 64)), histogram, budget = 50_000)]
/// #[observed(status = TaskStatus, after(hit = |page| page.is_some()))]
/// #[observed(level = "debug", fields(id = %job.id), err, slow = "100ms")]
/// #[observed(summary(name = "page_duration_ms", unit = "ms", quantiles = [0.5, 0.99]), allow(base_unit))]
/// ```
///
/// It goes on functions and methods, `async` or not, and on functions that return `impl Future`, `Pin<Box<dyn
/// Future>>`, `Box<dyn Future + Unpin>` or `BoxFuture` (so under `#[async_trait]` too): of those it observes the
/// future. `future` says that another type is one of these boxes, where the body does not show it by `Box::pin(async
/// move { … })` at its end. `docs/shapes.md` has a table of all shapes.
///
/// On a whole `impl` block it observes each method with a body, with the block's arguments and those of the method's
/// own attribute, which go before the block's; labels, fields and what is skipped add up. `#[observed(skip)]` leaves a
/// method out; within a block the attribute must be called `observed`, and not stand in a `cfg_attr`. A `const fn` is
/// left out too: it also runs in the compiler, where nothing is counted. Of a block, `err` is for the methods whose type
/// says `Result`, `busy` for those that return a future.
///
/// # What a call is told as
///
/// The label `status` of the counter and of the histogram is one of:
///
/// | `status` | the call |
/// |---|---|
/// | `ok` | returned, and not an `Err` |
/// | `error` | returned an `Err`; a `Result` is known by its type, so aliases work |
/// | `cancelled` | its future was dropped after its first poll; one that was never polled is not a call |
/// | `panicked` | unwound |
///
/// Only those that the function can have are exposed: by the counter from the start, at zero, by a histogram or a summary
/// when a call ends so. (Of a type that does not say whether it is a `Result`, such as an alias, `error` is there from the
/// first call on.) A value of a bare generic type is `ok`, whatever it is. A call's time is measured in nanoseconds, and
/// exposed in seconds if nothing says another unit; a future's counts from its first poll.
///
/// `status = MyStatus` gives other words, those of an enum with [`Outcome`](derive@Outcome). With `impl Classify<R> for
/// MyStatus` the returned value, an `R`, chooses the word: then all words of the enum are possible.
///
/// # Arguments
///
/// | argument | what it does |
/// |---|---|
/// | a parameter's name | a label that holds the parameter; its type is a [`Label`](derive@Label) |
/// | another bare word | a label of that name that holds the function's name; at most one |
/// | `labels(…)` | more labels: `name` is a parameter, `name = expression` any value, `name = "text"` always the same; `name(max = N)` or `name(max = N) = expression` keeps the first `N` values, `name(flatten)` or `name(flatten): Type = expression` is a set of labels |
/// | `after(…)` | labels from the returned value: `name = closure`, `name: Type = closure`, `name(max = N) = closure` |
/// | `status = Type` | the words for ok, error, cancelled and panicked |
/// | `counter` | is there unless `counter = false`; `= "name"`, `(name = "…", help = "…", labels(…), zero = false)` |
/// | `histogram` | calls by duration; `= "name"`, `(name = "…", help = "…", labels(…), buckets = CONST, unit = "ms", native, sample = 16, zero = true)` |
/// | `summary` | calls by duration, as quantiles of the last minute: see `Summary`; `= "name"`, `(name = "…", help = "…", labels(…), quantiles = CONST, unit = "ms", zero = true)` |
/// | `in_flight` | calls that are running now; `= "name"`, `(name = "…", help = "…", labels(…), zero = false)` |
/// | `busy` | time inside the polls of a future: a histogram with the arguments of the one above, `{crate}_…_busy_seconds`; it is read by itself, so a scrape may see it a call before or behind the others |
/// | `buckets = CONST` | the bounds of the histogram, and of `busy`, in their unit, `[f64; N]` or `&[f64]`: positive, finite, strictly increasing, checked by the compiler; `STANDARD_BUCKETS` if absent, the same durations in another unit |
/// | `budget = N` | the most series that a family of this function may have, 10,000 if absent; see below |
/// | `allow(…)` | silences lints of names, which [`Metrics`](derive@Metrics) lists |
/// | `future` | the returned value is a boxed future, though its type does not show it |
/// | `span = false` | opens no span |
/// | `level`, `name`, `target` | of the span, as tracing's attribute has them: `level = "debug"`, `1` to `5` or a constant; the others texts or constants |
/// | `parent = span`, `follows_from = spans` | expressions, as tracing has them |
/// | `args`, `skip(a, b)`, `skip_all` | records the parameters as fields of the span, all but some, or none (which is so without a word) |
/// | `fields(…)` | more fields of the span, as tracing writes them: `size = body.len()`, `id = %job.id`, `state = ?job.state`, `?job`, `late` (to be recorded by the body), `queue.name = …`, `{CONST} = …` |
/// | `err`, `ret` | an event with the error or the value that the call returned; `err(Debug)`, `ret(level = "debug", Display)` |
/// | `slow = "100ms"` | a WARN event when a call takes longer; a constant `Duration` too |
/// | `log = "info"` | an event at the end of each call |
/// | `crate = path` | where `tallied` is, if it is re-exported or renamed |
///
/// A word that is nearly an argument or a parameter is an error, so a misspelt `histogrm` never becomes a label.
///
/// # Names
///
/// `{crate}` is the package's name, with `_` for what a metric's name cannot hold.
///
/// | attribute | families | labels |
/// |---|---|---|
/// | `#[observed(task_name, histogram, in_flight)]` | `{crate}_task_calls_total`, `{crate}_task_duration_seconds`, `{crate}_task_in_flight` | `task_name`, `status` |
/// | `#[observed(histogram, in_flight)]` | `{crate}_function_calls_total`, `{crate}_function_duration_seconds`, `{crate}_function_in_flight` | `function`, `status` |
/// | `#[observed(route, histogram)] fn serve(route: Route)` | `{crate}_serve_calls_total`, `{crate}_serve_duration_seconds` | `route`, `status` |
/// | `#[observed(counter = "jobs_total")]` | `jobs_total` | `status` |
///
/// `summary` derives `{crate}_…_duration_quantiles_seconds`, because a histogram may stand beside it. `unit` is `s`, `ms`,
/// `us` or `ns`; a derived name ends in it, and without it a name that ends in a unit of time says it. A name with dots,
/// `counter = "tasks.created"`, has `_` on the exposition, and of a counter `_total`; the catalogue keeps both.
///
/// **`sample = 16`** times one call in 16, in the mean: for a function so short that two reads of the clock are most of its cost.
/// The counter of calls stays exact; the histogram's `_count` is the number of the timed ones, and its quantiles and mean are
/// estimates. Which calls are timed is random: from one to the next there are 1 to 31, all as likely, so what comes at regular
/// intervals is met as often as it should be. A share that is `p` of the calls is found to be `p`, give or take
/// `sqrt(p * (1 - p) / n)` where `n` calls were timed: of 10,000 timed ones, a share of 1 % as 0.9 % to 1.1 %. What happens
/// less than a few times in `n` may not be seen at all: do not ask a sampled histogram for its maximum. From 2 to 1,000,000;
/// not with `slow`, `log` and `summary`, which need the time of every call.
///
/// **`native`** adds the buckets of a native histogram (schema 3: eight for each power of two, from a nanosecond to an hour),
/// which a Prometheus server takes from the protobuf format. **`zero`** says whether series are there before they have a
/// value: counters and gauges are, histograms and summaries only where they have no labels.
///
/// A label that you name holds the function's bare name; `function` holds its path in the crate with its type, such as
/// `cart::Cart::load`. The gauge has no `status`. Functions that write the same series add up, and `tallied::init`
/// reports them with both places: a label with one value, `labels(step = "load")`, tells them apart.
///
/// # Labels
///
/// A label's type has a known number of values: an enum with `#[derive(Label)]`, `bool`, an `Option` of these, or one
/// with the trait by hand. It must be known where the function is written, so it names no type parameter of the
/// function or of the impl round it. The type of an expression is inferred from the types of the parameters that it
/// names; where it names `self`, or a parameter whose type cannot be written (`impl Trait`) or is a type parameter, say
/// it: `name: Type = expression`.
///
/// A reference is a label if what it points to is: `&req.route`. A parameter stays the body's. An expression is
/// evaluated once, before the body, when the function is called (of an `async fn` with another attribute below this
/// one, at the first poll). It reads the parameters that have a plain name, and cannot change them.
///
/// **`max = N`** makes a label of what is open-ended: strings, integers, addresses, an `Option` of these, and what
/// implements `OpenLabel`; the type may be a parameter of the function. The first `N` values that come are kept for the
/// life of the process, the rest is `_other`, with the other labels intact: `tallied_label_overflow_total{family,
/// label}` counts it, and a warning names the label once, at a scrape. `tallied::reserve` gives places to values before
/// they come. Functions that feed one family share its values. `N` is a constant. Labels are taken when a function is
/// called, so the value of a future that is never polled has its place too, though nothing is counted.
///
/// **`flatten`** takes all labels of a struct with [`LabelSet`](derive@LabelSet), under their own names. In the list of
/// a family the set goes by its name in `labels(…)`. In the span it is one field. An expression needs its type. A set
/// cannot stand in `after`, and a family takes it whole or not at all.
///
/// **`after`** calls its closure with a reference to the returned value, once, when the call has returned; of a future,
/// with its output. The closure sees nothing else of the function. A call that panicked or was cancelled has these
/// labels empty. A gauge of running calls has none of them. The type is inferred from the return type, where that can
/// be written.
///
/// A family has all labels of the attribute and `status`, unless it lists its own: `counter(labels(status))` adds up
/// over the others, and a word that only such a list has is a label of that family alone.
///
/// The compiler multiplies label sets, statuses and the series of one child (a histogram's has one for each bucket,
/// `+Inf`, sum and count) and refuses a family that can have more than its budget: `budget = N`, else
/// `TALLIED_SERIES_BUDGET` of the build's environment (for packages of your own, not for dependencies), else 10,000.
///
/// # The span
///
/// A `tracing` span of level INFO with the function's name, unless `level` and `name` say others, whose fields are the
/// labels (`function` only where a family has it); those of the returned value are recorded when it is there, before the
/// event of `log`. Parameters are recorded if `args` asks for them: numbers, `bool`s and strings as such, the rest by `Debug`. `fields(…)` is for what must not be a label, because it
/// has no end. Its expressions are evaluated before the body, and only if somebody wants to see the span; where one of
/// them leaves the function (`?`), there was no call; one that panics has ended it. A span has at most 32 fields. What
/// must not be seen is skipped by its name, `skip(password)`: a further field `password.masked` hides nothing.
///
/// The span of a future is opened at its first poll, and closed when it is ready. One that evaluates something of yours
/// (`args`, `fields`, `parent`, `follows_from`) in a function that returns a future by hand is opened when that is
/// called, because later the arguments are gone. A panic of such a function before it has a future is told, without a
/// time.
///
/// # Events
///
/// They have the span's target, and stand in the span. `err` is at level ERROR and by `Display`, `ret` at the level of
/// the span and by `Debug`, unless they say others. `err` needs a `Result`. `ret` tells of the whole value; beside
/// `err`, of what is in `Ok`.
///
/// `slow` and `log` have the fields `function`, `elapsed_ms` (a number with a fraction) and `status` and the messages
/// `slow call` and `call ended`. They tell of every way to end: a call that was cancelled or panicked took its time
/// too. They read the clock twice a call, as a histogram does, and are there without the feature `metrics`.
///
/// # Limits
///
/// A `const fn` and a function without a body are refused, each with the reason. In a function with `#[track_caller]`
/// whose type may be a `Result`, or whose value is asked for (`after`, `status`), `Location::caller()` is the function
/// itself. A function that returns a future under a name of its own (a struct, an alias that is not called `BoxFuture`
/// or `LocalBoxFuture`), without `future` and without `Box::pin(async move { … })` at its end, is told when it returns
/// that future, not when the future is done. An `async fn` that returns a closure over references (`-> impl Fn(&str) ->
/// &str`) does not compile.
#[proc_macro_attribute]
pub fn observed(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand(attribute, item, Defaults::Observed)
}

/// Gives a function a span, as `tracing`'s attribute of the same name does, and what else it is asked for.
///
/// It is [`observed`](macro@observed) with tracing's defaults: change the import of `instrument`, and a code base has
/// moved. Every argument is a field of the span, but for those in `skip(…)`, or none with `skip_all`; a text alone is
/// the span's name; and nothing is counted until the attribute says `counter`, `histogram`, `summary`, `in_flight` or
/// `busy`.
///
/// ```text
/// #[instrument]                                  // as tracing's
/// #[instrument(skip_all, fields(id = %job.id), err)]
/// #[instrument(skip(payload), histogram)]        // and a duration histogram
/// ```
///
/// Other than tracing's attribute, it
///
/// - refuses a word that it does not know, and of a field that stands twice takes the last; takes its arguments in any order, and goes on a whole `impl` block (where a
///   method's own attribute is `#[instrument(…)]` too, and goes before the block's);
/// - is of the future of every function that is seen to return one, though it is made by `.boxed()`, in branches or by
///   another function; the span is opened at its first poll if the body ends with `async move { … }` or
///   `Box::pin(async move { … })`, else when the function is called;
/// - drops arguments inside the span: of an `async fn`, and where something is counted or `err` or `ret` see the value;
/// - names the field and the span of `r#type` `type`, and takes at most 32 fields.
#[proc_macro_attribute]
pub fn instrument(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand(attribute, item, Defaults::Instrument)
}

fn expand(attribute: TokenStream, item: TokenStream, defaults: Defaults) -> TokenStream {
    let package = Package {
        name: std::env::var("CARGO_PKG_NAME").unwrap_or_default(),
        is_own: is_own(),
        budget: std::env::var("TALLIED_SERIES_BUDGET").ok(),
    };
    observed::expand(attribute.into(), item.into(), &package, defaults).into()
}

/// Whether the package is one of the user's workspace.
fn is_own() -> bool {
    !std::env::var("CARGO_MANIFEST_DIR").is_ok_and(|folder| observed::is_of_cargo(&folder))
}

/// Makes a struct a group of metrics: its fields are the families.
///
/// ```text
/// #[derive(Metrics)]
/// #[metrics(prefix = "zart")]
/// struct Worker {
///     /// Tasks waiting to be picked up.
///     queue_depth: Gauge,
///     /// Tasks by what became of them.
///     tasks_total: Counter<TaskLabels>,
///     /// Time between two polls.
///     #[metrics(buckets = [0.1, 1.0, 10.0])]
///     poll_interval_seconds: Histogram,
/// }
///
/// static WORKER: Worker = Worker::new();      // a constant: no start-up cost, no lock
///
/// WORKER.queue_depth.set(12.0);
/// WORKER.tasks_total.with(TaskLabels { status: Completed }).inc();
/// ```
///
/// A field is a `Counter`, a `Gauge`, a `Histogram`, a `Summary` or an `Info`; its parameters are a type with
/// [`LabelSet`](derive@LabelSet) for its labels, and for counters and gauges the numbers: `Counter<TaskLabels>`,
/// `Counter<(), f64>`, `Gauge<TaskLabels, i64>`. Its doc comment, the first paragraph, is the help text.
///
/// The name of a family is that of its field, with the prefix and a `_` before it: it stands in the source as it stands on
/// the dashboard. The cells belong to the type: two groups of one type have the same series, and every family is exposed
/// before a group is made. An attribute of an observed function may feed the same family, by the same name and the same
/// labels: the group then counts what no call is. The help is the group's; `tallied::init` tells of an attribute that
/// says another.
///
/// # Arguments of `#[metrics(…)]`
///
/// | on | argument | what it does |
/// |---|---|---|
/// | the struct | `prefix = "zart"` | stands before each name |
/// | the struct | `crate = path` | where `tallied` is, if it is re-exported or renamed |
/// | a field | `rename = "…"` | another name than the field's; a dotted one, `tasks.created`, has `_` on the exposition, and of a counter `_total` |
/// | a field | `buckets = CONST` | the bounds of a histogram, finite and strictly increasing; needed where the name ends in no unit of time |
/// | a field | `quantiles = CONST` | those of a summary, from 0 to 1, strictly increasing |
/// | a field | `unit = "ms"` | `s`, `ms`, `us` or `ns`: what a `Duration` is converted to; without it the name says the unit |
/// | a field | `native` | a histogram has native buckets too, for a server that scrapes protobuf |
/// | a field | `zero = false` | shows a series only when it was used. Without it counters and gauges are there at zero from the start, for every label set; a histogram or summary with labels from its first observation on, which `zero = true` changes |
/// | both | `budget = N` | the most series that a family may have, 10,000 if absent |
/// | both | `allow(…)` | silences a lint of names, below |
///
/// # Names
///
/// Refused always: what is no name for a metric, a suffix that stands twice, `_bucket` and `_sum`. Refused unless
/// `allow(…)` names it:
///
/// | lint | refuses |
/// |---|---|
/// | `total_suffix` | a counter without `_total`; anything else with it |
/// | `reserved_suffix` | `_count` and `_created` at the end; `_info` at the end of what is no `Info`, and an `Info` without it |
/// | `base_unit` | a unit at the end that is no base unit: `_ms`, `_mb`, `_percent` |
/// | `unit_suffix` | a name that does not end in what `unit` says |
/// | `type_in_name` | `counter`, `gauge`, `histogram` or `summary` as a word of the name |
/// | `snake_case` | camelCase |
#[proc_macro_derive(Metrics, attributes(metrics))]
pub fn metrics(input: TokenStream) -> TokenStream {
    metrics::derive(input.into(), is_own()).into()
}

/// Makes an enum a label: its variants are the values.
///
/// ```text
/// #[derive(Clone, Copy, Label)]
/// enum Layer { Isr, Fragment, Layout, Tenant }                 // "isr", "fragment", …
///
/// #[derive(Clone, Copy, Label)]
/// #[label(rename_all = "SCREAMING_SNAKE_CASE")]
/// enum Method { Get, #[label(rename = "DEL")] Delete }         // "GET", "DEL"
///
/// #[derive(Clone, Copy, Label)]
/// enum Failure { NotFound, Io(IoKind) }                        // "not_found", and the values of `IoKind`
/// ```
///
/// A text is the variant's name in `snake_case`, unless `#[label(rename = "…")]` on the variant or
/// `#[label(rename_all = "…")]` on the enum says another: `lowercase`, `UPPERCASE`, `PascalCase`, `camelCase`,
/// `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`. An abbreviation is one word:
/// `HTTPServer` is `http_server`.
///
/// A variant may hold one other label; its values are then the values of that label, and the numbers add up. No two
/// values may have the same text, across nesting too: the compiler refuses it. `#[label(crate = path)]` says where
/// `tallied` is.
#[proc_macro_derive(Label, attributes(label))]
pub fn label(input: TokenStream) -> TokenStream {
    labels::derive(input.into()).into()
}

/// Makes a struct a set of labels: its fields are the labels.
///
/// ```text
/// #[derive(LabelSet)]
/// struct Cache<'a> {
///     layer: Layer,                                            // a label
///     #[label(rename = "was_hit")] hit: bool,                  // of another name
///     #[label(max = 100)] app: &'a str,                        // the first 100 values, then `_other`
///     #[label(flatten)] http: Http,                            // the labels of another set
/// }
///
/// #[observed(labels(cache(flatten)), histogram)]
/// fn read(cache: Cache<'_>) -> Option<Page> { … }
/// ```
///
/// A field is a [`Label`](derive@Label), or with `max = N` a string, an integer, a `char`, an address, an `Option` of
/// these, or what implements `OpenLabel`. No two labels may have the same name, those behind `flatten` included: the
/// compiler refuses it. `#[label(crate = path)]` says where `tallied` is.
#[proc_macro_derive(LabelSet, attributes(label))]
pub fn label_set(input: TokenStream) -> TokenStream {
    label_sets::derive(input.into()).into()
}

/// Makes an enum the words for what becomes of a call, beside `#[derive(Label)]`.
///
/// ```text
/// #[derive(Clone, Copy, Label, Outcome)]
/// enum TaskStatus {
///     #[outcome(ok)] Completed,
///     #[outcome(error, panicked)] Failed,
///     Cancelled,
///     Scheduled,
/// }
///
/// #[observed(status = TaskStatus, counter = "tasks_total")]
/// async fn run(task: Task) -> Result<(), Failure> { … }
/// ```
///
/// `ok` and `error` are needed, by `#[outcome(…)]` or by a variant that is called `Ok` or `Error`. `cancelled` and
/// `panicked` are those of `error` where no variant has them. A variant without a role is for values that say it
/// themselves, by the trait `Classify`.
#[proc_macro_derive(Outcome, attributes(outcome))]
pub fn outcome(input: TokenStream) -> TokenStream {
    outcome::derive(input.into()).into()
}
