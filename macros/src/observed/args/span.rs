//! The arguments that tracing's attribute has, as it writes them, and those about events.

use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Token, braced, parenthesized, token};

use super::{Args, Value, alone, equals, expected, keyed, list, peeled, set, value};
use crate::diag::{Errors, did_you_mean, listed};

/// `skip(a, b)`
pub struct Skip {
    pub key: Ident,
    pub names: Vec<Ident>,
    /// Those that the block says: not every method has them.
    pub of_block: Vec<Ident>,
}

/// `fields(…)`
pub struct Fields {
    pub key: Ident,
    pub all: Vec<Field>,
}

/// `name`, `name = value`, `name = %value`, `?name` …
pub struct Field {
    pub name: FieldName,
    pub how: How,
    pub value: Option<Expr>,
}

pub enum FieldName {
    /// `queue.name`, keywords included.
    Dotted(Vec<Ident>),
    /// `{CONSTANT}`
    Constant(Expr),
}

impl Field {
    /// Its name, if that is one word.
    pub fn word(&self) -> Option<&Ident> {
        match &self.name {
            FieldName::Dotted(words) if words.len() == 1 => words.first(),
            _ => None,
        }
    }
}

/// How a value is written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    Value,
    /// `%`
    Display,
    /// `?`
    Debug,
}

/// `err` and `ret`, alone or with a level and a format.
pub struct Event {
    pub key: Ident,
    pub level: Option<Value>,
    /// `Debug` or `Display`
    pub how: Option<How>,
}

/// Reads one of these arguments, if it is one.
pub fn argument(
    input: ParseStream<'_>,
    key: &Ident,
    bare: bool,
    args: &mut Args,
    errors: &Errors,
) -> syn::Result<bool> {
    match key.unraw().to_string().as_str() {
        "level" => keyed(&mut args.level, input, key, "`level = \"debug\"`", errors)?,
        "name" => keyed(&mut args.name, input, key, "`name = \"…\"`, the name of the span", errors)?,
        "target" => keyed(&mut args.target, input, key, "`target = \"…\"`", errors)?,
        "parent" => keyed(&mut args.parent, input, key, "`parent = &span`", errors)?,
        "follows_from" => keyed(&mut args.follows_from, input, key, "`follows_from = [&span]`", errors)?,
        "slow" => keyed(&mut args.slow, input, key, "`slow = \"100ms\"`", errors)?,
        "log" => keyed(&mut args.log, input, key, "`log = \"info\"`", errors)?,
        "args" if bare => set(&mut args.args, key.clone(), key, errors),
        "skip_all" if bare => set(&mut args.skip_all, key.clone(), key, errors),
        "args" | "skip_all" => return Err(alone(key)),
        "fields" => set(&mut args.fields, fields(input, key, errors)?, key, errors),
        "err" => set(&mut args.err, event(input, key, errors)?, key, errors),
        "ret" => set(&mut args.ret, event(input, key, errors)?, key, errors),
        "skip" if bare => {
            let message = "`skip` alone leaves a method out of an observed `impl` block, and stands by itself there; \
                           of a function it names parameters: `skip(payload)`";
            return Err(syn::Error::new_spanned(key, message));
        }
        "skip" => set(&mut args.skip, skip(input, key, errors)?, key, errors),
        _ => return Ok(false),
    }
    Ok(true)
}

fn skip(input: ParseStream<'_>, key: &Ident, errors: &Errors) -> syn::Result<Skip> {
    if !input.peek(token::Paren) {
        return Err(expected(input, key, "`skip(payload)`"));
    }
    let inner;
    parenthesized!(inner in input);
    let mut names: Vec<Ident> = Vec::new();
    list(&inner, errors, |inner| {
        if !inner.peek(Ident::peek_any) {
            return Err(inner.error("expected the name of a parameter"));
        }
        let name = inner.call(Ident::parse_any)?;
        if names.contains(&name) {
            errors.at(&name, format!("`{name}` is skipped twice; remove one of the two"));
        }
        names.push(name);
        Ok(())
    });
    Ok(Skip { key: key.clone(), names, of_block: Vec::new() })
}

fn fields(input: ParseStream<'_>, key: &Ident, errors: &Errors) -> syn::Result<Fields> {
    if !input.peek(token::Paren) {
        return Err(expected(input, key, "`fields(id = %job.id, size = job.len())`"));
    }
    let inner;
    parenthesized!(inner in input);
    let mut all = Vec::new();
    list(&inner, errors, |inner| {
        all.push(field(inner)?);
        Ok(())
    });
    Ok(Fields { key: key.clone(), all })
}

fn field(input: ParseStream<'_>) -> syn::Result<Field> {
    let mut how = sigil(input)?;
    let name = if input.peek(token::Brace) {
        let inner;
        braced!(inner in input);
        FieldName::Constant(inner.parse()?)
    } else {
        let mut words = vec![word(input)?];
        while input.peek(Token![.]) {
            input.parse::<Token![.]>()?;
            words.push(word(input)?);
        }
        FieldName::Dotted(words)
    };
    let mut value = None;
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if input.peek(Token![%]) || input.peek(Token![?]) {
            how = sigil(input)?;
        }
        if input.is_empty() || input.peek(Token![,]) {
            return Err(input.error("expected the field's value"));
        }
        value = Some(peeled(input.parse()?));
    }
    Ok(Field { name, how, value })
}

fn sigil(input: ParseStream<'_>) -> syn::Result<How> {
    Ok(if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
        How::Display
    } else if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
        How::Debug
    } else {
        How::Value
    })
}

fn word(input: ParseStream<'_>) -> syn::Result<Ident> {
    if input.peek(Ident::peek_any) {
        input.call(Ident::parse_any)
    } else {
        Err(input.error("expected the name of a field: `name`, `dotted.name` or `{CONSTANT}`"))
    }
}

fn event(input: ParseStream<'_>, key: &Ident, errors: &Errors) -> syn::Result<Event> {
    let mut event = Event { key: key.clone(), level: None, how: None };
    if input.peek(Token![=]) {
        return Err(input.error(format!("expected `{key}`, `{key}(Debug)` or `{key}(level = \"info\")`")));
    }
    if input.peek(token::Paren) {
        let inner;
        parenthesized!(inner in input);
        list(&inner, errors, |inner| of_event(inner, &mut event, errors));
    }
    Ok(event)
}

fn of_event(input: ParseStream<'_>, event: &mut Event, errors: &Errors) -> syn::Result<()> {
    const KNOWN: [&str; 3] = ["level", "Debug", "Display"];
    if !input.peek(Ident::peek_any) {
        return Err(input.error(format!("expected an argument of `{}(…)` such as `level = \"info\"`", event.key)));
    }
    let key = input.call(Ident::parse_any)?;
    let how = match key.to_string().as_str() {
        "level" => {
            equals(input, &key, "`level = \"debug\"`")?;
            let level = Value { key: key.clone(), value: value(input, &key, "`level = \"debug\"`")? };
            set(&mut event.level, level, &key, errors);
            return Ok(());
        }
        "Debug" => How::Debug,
        "Display" => How::Display,
        word => {
            let remedy = match did_you_mean(word, KNOWN) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it takes {}", listed(&KNOWN)),
            };
            let message = format!("unknown argument `{word}` of `{}(…)`; {remedy}", event.key);
            return Err(syn::Error::new_spanned(&key, message));
        }
    };
    if event.how.is_some() {
        errors.at(&key, "the value is written down in one way: `Debug` or `Display`; remove one of the two");
    }
    event.how = event.how.or(Some(how));
    Ok(())
}
