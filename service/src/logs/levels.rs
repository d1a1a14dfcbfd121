//! Which lines are wanted: by target, and by the application or domain that they belong to.
//!
//! Both may be changed while the program runs. An application is the value of a field, of the event or of the spans round it:
//! `app = "marketing"`. Its level then stands for the default one; what a directive says of a target stays.
//!
//! What is wanted now is replaced as a whole, and looked at without a lock that is held: the code of a value, which may log, runs
//! in the midst of it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tracing::dispatcher::{WeakDispatch, with_default};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::LogsError;
use super::depth::Depth;
use crate::text;

/// What is wanted now.
pub(super) struct Levels {
    /// Tells it from others of one subscriber, which keep values with the same spans.
    id: u64,
    now: RwLock<Arc<Now>>,
    /// The subscriber that it is in.
    dispatch: Mutex<Option<WeakDispatch>>,
}

#[derive(Clone)]
struct Now {
    filter: Arc<EnvFilter>,
    /// The targets that a directive names.
    targets: Vec<String>,
    /// Field, value, level.
    values: Vec<(String, String, LevelFilter)>,
    /// The fields that some level was ever asked by.
    fields: Vec<String>,
}

impl Levels {
    pub(super) fn new(directives: &str, values: Vec<(String, String, LevelFilter)>) -> Result<Self, LogsError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut fields = vec!["app".to_owned(), "domain".to_owned()];
        fields.extend(values.iter().map(|(field, ..)| field.clone()));
        fields.sort();
        fields.dedup();
        let (filter, targets) = parse(directives)?;
        let now = Now { filter: Arc::new(filter), targets, values, fields };
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Levels { id, now: RwLock::new(Arc::new(now)), dispatch: Mutex::new(None) })
    }

    fn now(&self) -> Arc<Now> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// It is part of this subscriber.
    pub(super) fn belong_to(&self, dispatch: &Dispatch) {
        *self.dispatch.lock().unwrap_or_else(PoisonError::into_inner) = Some(dispatch.downgrade());
    }

    pub(super) fn set_filter(&self, directives: &str) -> Result<(), LogsError> {
        let (filter, targets) = parse(directives)?;
        self.change(|now| (now.filter, now.targets) = (Arc::new(filter), targets));
        Ok(())
    }

    pub(super) fn set_level_of(&self, field: &str, value: &str, level: Option<LevelFilter>) {
        self.change(|now| {
            now.values.retain(|(of, is, _)| of != field || is != value);
            now.values.extend(level.map(|level| (field.to_owned(), value.to_owned(), level)));
            if !now.fields.iter().any(|known| known == field) {
                now.fields.push(field.to_owned());
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Now)) {
        {
            let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
            change(Arc::make_mut(&mut now));
        }
        // Callsites are asked again. tracing asks the subscriber of this thread, which may be none of ours.
        let dispatch = self.dispatch.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match dispatch.and_then(|dispatch| dispatch.upgrade()) {
            Some(dispatch) => with_default(&dispatch, tracing::callsite::rebuild_interest_cache),
            None => tracing::callsite::rebuild_interest_cache(),
        }
    }
}

fn parse(directives: &str) -> Result<(EnvFilter, Vec<String>), LogsError> {
    let filter = EnvFilter::builder()
        .parse(directives)
        .map_err(|why| LogsError::Filter(directives.to_owned(), why.to_string()))?;
    // A word alone is a target to the filter, and then nothing else is told: a level with a slip is worse than none.
    for word in directives.split(',').map(str::trim) {
        let levels = ["error", "warn", "info", "debug", "trace"];
        let is_slip = |level: &&str| strsim::damerau_levenshtein(&word.to_ascii_lowercase(), level) == 1;
        if let Some(level) = levels.iter().find(|level| is_slip(level)) {
            let why = format!("`{word}` is no level; did you mean `{level}`?");
            return Err(LogsError::Filter(directives.to_owned(), why));
        }
    }
    // `target=level` and `target`; a level alone names none, and `target[span]` speaks of that span.
    let target = |directive: &str| {
        let name = directive.split('=').next().unwrap_or_default().trim();
        let is_level = name.parse::<LevelFilter>().is_ok();
        (!name.is_empty() && !is_level && !directive.contains('[')).then(|| name.to_owned())
    };
    Ok((filter, directives.split(',').filter_map(target).collect()))
}

impl Now {
    fn is_asked(&self, metadata: &Metadata<'_>) -> bool {
        metadata.fields().iter().any(|field| self.fields.iter().any(|known| known == field.name()))
    }

    fn level_of(&self, values: &[(&'static str, String)]) -> Option<LevelFilter> {
        let level = |(field, value): &(&'static str, String)| {
            self.values.iter().find(|(of, is, _)| of == field && is == value).map(|(.., level)| *level)
        };
        values.iter().find_map(level)
    }

    /// Whether a directive speaks of this target itself.
    fn is_named(&self, target: &str) -> bool {
        self.targets.iter().any(|named| target.starts_with(named.as_str()))
    }

    /// What the values say of a line, unless a directive speaks of its target.
    fn judge(&self, metadata: &Metadata<'_>, level: Option<LevelFilter>) -> Option<bool> {
        level.filter(|_| !self.is_named(metadata.target())).map(|level| *metadata.level() <= level)
    }
}

/// The values of these fields that spans have themselves, by whose they are.
#[derive(Default)]
struct Belongs(Vec<(u64, Vec<(&'static str, String)>)>);

/// Reads the values of fields that levels are asked by.
struct Read<'a> {
    fields: &'a [String],
    found: Vec<(&'static str, String)>,
}

impl Visit for Read<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if self.fields.iter().any(|known| known == field.name()) {
            self.found.push((field.name(), value.to_owned()));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if self.fields.iter().any(|known| known == field.name()) {
            let text = text::debug(value);
            // A text by its `Debug` is the same application.
            let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            self.record_str(field, bare.unwrap_or(&text));
        }
    }
}

/// The same as a filter of a layer.
#[derive(Clone)]
pub(super) struct Wanted(pub(super) Arc<Levels>);

impl Wanted {
    /// Keeps with a span what it belongs to.
    fn keep<'a, S: LookupSpan<'a>>(&self, span: &SpanRef<'a, S>, found: &[(&'static str, String)]) {
        let id = self.0.id;
        let mut extensions = span.extensions_mut();
        if extensions.get_mut::<Belongs>().is_none() {
            extensions.insert(Belongs::default());
        }
        let Some(Belongs(all)) = extensions.get_mut() else { return };
        if !all.iter().any(|(of, _)| *of == id) {
            all.push((id, Vec::new()));
        }
        for (_, known) in all.iter_mut().filter(|(of, _)| *of == id) {
            known.retain(|(field, _)| !found.iter().any(|(new, _)| new == field));
            known.extend(found.iter().cloned());
        }
    }

    /// The level of what runs in a span, if it or one round it has one: the innermost.
    fn level_in<'a, S: LookupSpan<'a>>(&self, now: &Now, span: Option<SpanRef<'a, S>>) -> Option<LevelFilter> {
        span?.scope().find_map(|span| {
            let extensions = span.extensions();
            let Belongs(all) = extensions.get()?;
            all.iter().find(|(of, _)| *of == self.0.id).and_then(|(_, values)| now.level_of(values))
        })
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Filter<S> for Wanted {
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        let now = self.0.now();
        let by_target = || Filter::<S>::enabled(&*now.filter, metadata, context);
        if now.values.is_empty() {
            return by_target();
        }
        if metadata.is_span() {
            // One that says what it belongs to is there, or nobody would know what runs in it.
            // A level takes no span away: lines further in may say more, and one may be in another span than this thread.
            return now.is_asked(metadata)
                || now.judge(metadata, self.level_in(&now, context.lookup_current())).unwrap_or(false)
                || by_target();
        }
        // Its values, and the span that it is in, are seen later: see `event_enabled`.
        now.values.iter().any(|(.., level)| *metadata.level() <= *level) || by_target()
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let now = self.0.now();
        // Asked in any case: it keeps the callsites of spans that its directives speak of.
        let interest = Filter::<S>::callsite_enabled(&*now.filter, metadata);
        // Never `always`: then this is not asked at the event, and what `tracing::enabled!` or `log::log_enabled!` left behind in
        // the thread would stand for the answer.
        if now.values.is_empty() && interest.is_never() { interest } else { Interest::sometimes() }
    }

    fn event_enabled(&self, event: &Event<'_>, context: &Context<'_, S>) -> bool {
        let now = self.0.now();
        if now.values.is_empty() {
            return true;
        }
        let metadata = event.metadata();
        let mut read = Read { fields: &now.fields, found: Vec::new() };
        if now.is_asked(metadata) {
            let Some(_depth) = Depth::enter() else { return false };
            event.record(&mut read);
        }
        let level = now.level_of(&read.found).or_else(|| self.level_in(&now, context.event_span(event)));
        now.judge(metadata, level).unwrap_or_else(|| Filter::<S>::enabled(&*now.filter, metadata, context))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let now = self.0.now();
        let by_target = Filter::<S>::max_level_hint(&*now.filter)?;
        let most = now.values.iter().map(|(.., level)| *level).max();
        // Spans that say what they belong to are seen, too, and most are of this level.
        Some(most.map_or(by_target, |most| most.max(by_target).max(LevelFilter::from_level(Level::INFO))))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let now = self.0.now();
        Filter::<S>::on_new_span(&*now.filter, attributes, id, context.clone());
        if !now.is_asked(attributes.metadata()) {
            return;
        }
        let Some(_depth) = Depth::enter() else { return };
        let mut read = Read { fields: &now.fields, found: Vec::new() };
        attributes.record(&mut read);
        if let Some(span) = context.span(id).filter(|_| !read.found.is_empty()) {
            self.keep(&span, &read.found);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let now = self.0.now();
        Filter::<S>::on_record(&*now.filter, id, record, context.clone());
        let Some(_depth) = Depth::enter() else { return };
        let mut read = Read { fields: &now.fields, found: Vec::new() };
        record.record(&mut read);
        if let Some(span) = context.span(id).filter(|_| !read.found.is_empty()) {
            self.keep(&span, &read.found);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        Filter::<S>::on_enter(&*self.0.now().filter, id, context);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        Filter::<S>::on_exit(&*self.0.now().filter, id, context);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        Filter::<S>::on_close(&*self.0.now().filter, id, context);
    }
}
