//! Which lines are wanted: by target, and by the application or domain that they belong to.
//!
//! Both may be changed while the program runs. An application is the value of a field, of the event or of the spans round it:
//! `app = "marketing"`. Its level then stands for the default one; what a directive says of a target stays.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

use super::LogsError;
use crate::text;

/// What is wanted now.
pub(super) struct Levels {
    now: RwLock<Now>,
}

struct Now {
    filter: EnvFilter,
    /// The targets that a directive names.
    targets: Vec<String>,
    /// Field, value, level.
    values: Vec<(String, String, LevelFilter)>,
    /// The fields that some level was ever asked by.
    fields: Vec<String>,
}

impl Levels {
    pub(super) fn new(directives: &str, values: Vec<(String, String, LevelFilter)>) -> Result<Self, LogsError> {
        let mut fields = vec!["app".to_owned(), "domain".to_owned()];
        fields.extend(values.iter().map(|(field, ..)| field.clone()));
        fields.sort();
        fields.dedup();
        let (filter, targets) = parse(directives)?;
        Ok(Levels { now: RwLock::new(Now { filter, targets, values, fields }) })
    }

    fn now(&self) -> RwLockReadGuard<'_, Now> {
        self.now.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_filter(&self, directives: &str) -> Result<(), LogsError> {
        let (filter, targets) = parse(directives)?;
        {
            let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
            (now.filter, now.targets) = (filter, targets);
        }
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    }

    pub(super) fn set_level_of(&self, field: &str, value: &str, level: Option<LevelFilter>) {
        {
            let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
            now.values.retain(|(of, is, _)| of != field || is != value);
            now.values.extend(level.map(|level| (field.to_owned(), value.to_owned(), level)));
            if !now.fields.iter().any(|known| known == field) {
                now.fields.push(field.to_owned());
            }
        }
        tracing::callsite::rebuild_interest_cache();
    }
}

fn parse(directives: &str) -> Result<(EnvFilter, Vec<String>), LogsError> {
    let filter = EnvFilter::builder()
        .parse(directives)
        .map_err(|why| LogsError::Filter(directives.to_owned(), why.to_string()))?;
    // `target=level`, `target[span]=level`, `target`; a level alone names none.
    let target = |directive: &str| {
        let name = directive.split(['=', '[']).next().unwrap_or_default().trim();
        let is_level = name.parse::<LevelFilter>().is_ok();
        (!name.is_empty() && !is_level).then(|| name.to_owned())
    };
    Ok((filter, directives.split(',').filter_map(target).collect()))
}

impl Now {
    fn is_asked(&self, metadata: &Metadata<'_>) -> bool {
        metadata.fields().iter().any(|field| self.fields.iter().any(|known| known == field.name()))
    }

    fn level_of(&self, values: &[(String, String)]) -> Option<LevelFilter> {
        let level = |(field, value): &(String, String)| {
            self.values.iter().find(|(of, is, _)| of == field && is == value).map(|(.., level)| *level)
        };
        values.iter().find_map(level)
    }

    /// Whether a directive speaks of this target itself.
    fn is_named(&self, target: &str) -> bool {
        self.targets.iter().any(|named| target.starts_with(named.as_str()))
    }
}

/// The values of these fields, for what runs in a span: its own before those round it.
struct Belongs(Arc<[(String, String)]>);

/// Reads the values of fields that levels are asked by.
struct Read<'a> {
    fields: &'a [String],
    found: Vec<(String, String)>,
}

impl Visit for Read<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if self.fields.iter().any(|known| known == field.name()) {
            self.found.push((field.name().to_owned(), value.to_owned()));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if self.fields.iter().any(|known| known == field.name()) {
            self.record_str(field, &text::debug(value));
        }
    }
}

/// The same as a filter of a layer.
#[derive(Clone)]
pub(super) struct Wanted(pub(super) Arc<Levels>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Filter<S> for Wanted {
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        let now = self.0.now();
        let by_target = || Filter::<S>::enabled(&now.filter, metadata, context);
        if now.values.is_empty() {
            return by_target();
        }
        let is_asked = now.is_asked(metadata);
        // Or nobody would know what runs in it.
        if is_asked && metadata.is_span() {
            return true;
        }
        // Its own value is seen later: see `event_enabled`.
        if is_asked && now.values.iter().any(|(.., level)| *metadata.level() <= *level) {
            return true;
        }
        match level_here(&now, context) {
            Some(level) if !now.is_named(metadata.target()) => *metadata.level() <= level,
            _ => by_target(),
        }
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let now = self.0.now();
        if now.values.is_empty() { Filter::<S>::callsite_enabled(&now.filter, metadata) } else { Interest::sometimes() }
    }

    fn event_enabled(&self, event: &Event<'_>, context: &Context<'_, S>) -> bool {
        let values = {
            let now = self.0.now();
            if now.values.is_empty() || !now.is_asked(event.metadata()) {
                return true;
            }
            now.fields.clone()
        };
        // Without the lock: the values' own code may log.
        let mut read = Read { fields: &values, found: Vec::new() };
        event.record(&mut read);
        let metadata = event.metadata();
        let now = self.0.now();
        match now.level_of(&read.found).or_else(|| level_here(&now, context)) {
            Some(level) if !now.is_named(metadata.target()) => *metadata.level() <= level,
            _ => Filter::<S>::enabled(&now.filter, metadata, context),
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let now = self.0.now();
        let by_target = Filter::<S>::max_level_hint(&now.filter)?;
        let most = now.values.iter().map(|(.., level)| *level).max();
        // Spans that say what they belong to are seen, too: those of requests are of this level.
        Some(most.map_or(by_target, |most| most.max(by_target).max(LevelFilter::from_level(Level::INFO))))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let fields = {
            let now = self.0.now();
            Filter::<S>::on_new_span(&now.filter, attributes, id, context.clone());
            now.is_asked(attributes.metadata()).then(|| now.fields.clone())
        };
        let own = fields.map(|fields| {
            let mut read = Read { fields: &fields, found: Vec::new() };
            attributes.record(&mut read);
            read.found
        });
        let Some(span) = context.span(id) else { return };
        let round = span.parent().and_then(|parent| parent.extensions().get::<Belongs>().map(|b| b.0.clone()));
        let belongs = match (own.filter(|own| !own.is_empty()), round) {
            (None, None) => return,
            (None, Some(round)) => round,
            (Some(own), round) => own.into_iter().chain(round.iter().flat_map(|round| round.iter().cloned())).collect(),
        };
        span.extensions_mut().replace(Belongs(belongs));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let fields = {
            let now = self.0.now();
            Filter::<S>::on_record(&now.filter, id, record, context.clone());
            now.fields.clone()
        };
        let mut read = Read { fields: &fields, found: Vec::new() };
        record.record(&mut read);
        let Some(span) = context.span(id).filter(|_| !read.found.is_empty()) else { return };
        let mut extensions = span.extensions_mut();
        let before = extensions.get_mut::<Belongs>().map(|b| b.0.clone());
        let all = read.found.into_iter().chain(before.iter().flat_map(|before| before.iter().cloned()));
        extensions.replace(Belongs(all.collect()));
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        Filter::<S>::on_enter(&self.0.now().filter, id, context);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        Filter::<S>::on_exit(&self.0.now().filter, id, context);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        Filter::<S>::on_close(&self.0.now().filter, id, context);
    }
}

/// The level of what runs here, if it has one of its own.
fn level_here<S: Subscriber + for<'a> LookupSpan<'a>>(now: &Now, context: &Context<'_, S>) -> Option<LevelFilter> {
    let span = context.lookup_current()?;
    let belongs = span.extensions().get::<Belongs>().map(|belongs| belongs.0.clone())?;
    now.level_of(&belongs)
}
