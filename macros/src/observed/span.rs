//! The part of [`super::plan`] that is about the span and its fields.

use proc_macro2::{Ident, Span as Place, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, ExprLit, FnArg, Lit, LitStr, Pat, Path, Type};

use super::args::{self, Args, Defaults, FieldName, How};
use super::callee::{Callee, peeled};
use super::events::{Level, level, text};
use super::labels::{Labels, told_names};
use super::nameable::names;
use crate::diag::{Errors, did_you_mean};

/// The span of a call, in tracing's terms.
pub struct Span {
    pub level: Level,
    /// `None` for the function's own.
    pub name: Option<Expr>,
    /// `None` for the one above at the call.
    pub parent: Option<Expr>,
    pub follows_from: Option<Expr>,
    /// Behind the labels.
    pub fields: Vec<Field>,
    /// Whether the labels are fields too.
    pub has_labels: bool,
}

impl Span {
    /// Whether something of the user's is evaluated to open it.
    pub fn has_values(&self) -> bool {
        self.parent.is_some() || self.follows_from.is_some() || self.fields.iter().any(|field| field.value.is_some())
    }

    /// Whether an expression of the user's names this, and so may use it up.
    pub fn names(&self, parameter: &Ident) -> bool {
        let given = self.fields.iter().filter(|field| !field.is_parameter);
        let values = given.filter_map(|field| field.value.clone());
        let further = [&self.parent, &self.follows_from].into_iter().flatten().map(ToTokens::to_token_stream);
        values.chain(further).any(|value| names(value, &parameter.to_string()))
    }
}

/// A field whose value is not a label's.
pub struct Field {
    /// A text that is known while compiling.
    pub name: TokenStream,
    /// The same, if it is known here.
    pub text: Option<String>,
    pub how: How,
    /// `None` if the body will record it.
    pub value: Option<TokenStream>,
    /// Whether it is a parameter that is recorded as it is.
    pub is_parameter: bool,
    /// Under which conditions its parameter is there.
    pub cfgs: Vec<Attribute>,
}

pub fn make(args: &Args, callee: &Callee, labels: &Labels, defaults: Defaults, errors: &Errors) -> Option<Span> {
    if defaults == Defaults::Observed && !callee.is_of_block {
        ambiguous(args, callee, errors);
    }
    // What is skipped must be there, whether it would be recorded or not.
    let recorded = recorded(callee, args, defaults, errors);
    if args.span.as_ref().is_some_and(|span| !span.on) {
        let values = [&args.level, &args.name, &args.parent, &args.follows_from];
        let keys = values.into_iter().flatten().map(|value| &value.key);
        let keys = keys.chain(&args.args).chain(args.fields.as_ref().map(|fields| &fields.key));
        for key in keys {
            errors.at(key, format!("`{key}` is of the span, and `span = false` opens none; remove one of the two"));
        }
        return None;
    }
    let mut fields = Vec::new();
    if args.args.is_some() || defaults == Defaults::Instrument {
        // A label of the name, or a field, says it already.
        let is_label = |name: &str| labels.all.iter().any(|label| label.name == name);
        let given = args.fields.iter().flat_map(|fields| &fields.all);
        let given: Vec<String> = given.filter_map(|field| dotted(&field.name)).collect();
        fields.extend(
            recorded
                .into_iter()
                .filter_map(|(name, field)| (!is_label(&name) && !given.contains(&name)).then_some(field)),
        );
    }
    for field in args.fields.iter().flat_map(|fields| &fields.all) {
        let Some(field) = self::field(field, labels, errors) else { continue };
        let is_it = |other: &Field| !other.is_parameter && other.text.is_some() && other.text == field.text;
        if let Some(at) = fields.iter().position(is_it) {
            // tracing's attribute says both.
            if defaults == Defaults::Observed {
                let name = field.text.as_deref().unwrap_or_default();
                errors.at(&field.name, format!("duplicate field `{name}`; remove one of the two"));
            }
            if field.value.is_none() {
                continue;
            }
            fields.remove(at);
        }
        fields.push(field);
    }
    // A field of the user's with the name of the label that nobody asked for.
    let is_taken = |field: &Field| field.text.as_deref() == Some("function");
    let has_default = labels.all.is_empty();
    Some(Span {
        level: args.level.as_ref().map_or(Level::Named("INFO"), |level| self::level(level, callee, errors)),
        name: text(args.name.as_ref(), callee, errors),
        parent: args.parent.as_ref().map(|value| value.value.clone()),
        follows_from: args.follows_from.as_ref().map(|value| value.value.clone()),
        // Without a label of the user's there is only the function's path, of which tracing has a name.
        has_labels: !has_default || defaults == Defaults::Observed && !fields.iter().any(is_taken),
        fields,
    })
}

/// A name of one word.
fn dotted(name: &FieldName) -> Option<String> {
    match name {
        FieldName::Constant(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Some(text.value()),
        FieldName::Dotted(words) if words.len() == 1 => Some(words[0].unraw().to_string()),
        _ => None,
    }
}

fn field(field: &args::Field, labels: &Labels, errors: &Errors) -> Option<Field> {
    let mut known = None;
    let name = match &field.name {
        FieldName::Constant(constant) => constant.to_token_stream(),
        FieldName::Dotted(words) => {
            let name = words.iter().map(|word| word.unraw().to_string()).collect::<Vec<_>>().join(".");
            if labels.all.iter().any(|label| label.name == name) {
                let message = format!("`{name}` is a label, and so a field of the span already; remove one of the two");
                errors.at(&words[0], message);
                return None;
            }
            known = Some(name.clone());
            LitStr::new(&name, field.place()).into_token_stream()
        }
    };
    let value = match (&field.value, &field.name, field.how) {
        (Some(value), ..) => Some(value.to_token_stream()),
        // As tracing has it: a name alone is a field that the body will record …
        (None, _, How::Value) => None,
        // … and with a sigil it is the variable of that name, or a field of one.
        (None, FieldName::Dotted(words), _) => {
            let words = words.iter();
            Some(quote_spanned!(field.place()=> #(#words).*))
        }
        (None, FieldName::Constant(constant), _) => {
            errors.at(constant, "expected a value: `{NAME} = value`");
            return None;
        }
    };
    Some(Field { name, text: known, how: field.how, value, is_parameter: false, cfgs: Vec::new() })
}

impl args::Field {
    fn place(&self) -> Place {
        match &self.name {
            FieldName::Dotted(words) => words.first().map_or_else(Place::call_site, Ident::span),
            FieldName::Constant(constant) => constant.span(),
        }
    }
}

/// What the parameters bind.
pub fn bound_names(callee: &Callee) -> Vec<String> {
    bound(callee, false).into_iter().map(|(name, ..)| name.to_string()).collect()
}

/// Words that record something and may be a parameter's name: which of the two is meant, nobody should have to guess.
fn ambiguous(args: &Args, callee: &Callee, errors: &Errors) {
    let events =
        [&args.err, &args.ret].into_iter().flatten().filter(|event| event.level.is_none() && event.how.is_none());
    let words = args.args.iter().chain(events.map(|event| &event.key));
    let parameters = callee.parameters();
    for word in words.filter(|word| parameters.iter().any(|parameter| *word == &parameter.name)) {
        let what = if word == "args" { "records all parameters" } else { "tells of the returned value" };
        let message = format!("`{word}` {what}, and a parameter is called so; for a label, write `labels({word})`");
        errors.at(word, message + "; else rename the parameter");
    }
}

fn bound(callee: &Callee, as_tracing: bool) -> Vec<(Ident, How, Vec<Attribute>)> {
    let mut bound: Vec<(Ident, How, Vec<Attribute>)> = Vec::new();
    for input in &callee.sig.inputs {
        match input {
            FnArg::Receiver(receiver) => {
                bound.push((Ident::new("self", receiver.self_token.span), How::Debug, Vec::new()));
            }
            FnArg::Typed(typed) => {
                let is_cfg = |attr: &&Attribute| attr.path().is_ident("cfg");
                let cfgs: Vec<Attribute> = typed.attrs.iter().filter(is_cfg).cloned().collect();
                let mut names = Vec::new();
                names_in(&typed.pat, how_to_record(&typed.ty), as_tracing, &mut names);
                bound.extend(names.into_iter().map(|(name, how)| (name, how, cfgs.clone())));
            }
        }
    }
    bound
}

/// What the parameters bind, but for what is skipped, each as a field of its name.
fn recorded(callee: &Callee, args: &Args, defaults: Defaults, errors: &Errors) -> Vec<(String, Field)> {
    let bound = bound(callee, defaults == Defaults::Instrument);
    if let (Some(skip), Some(all)) = (&args.skip, &args.skip_all) {
        errors.at(all, format!("`skip_all` leaves out what `{}` names, and the rest; remove one of the two", skip.key));
    }
    if let (Some(wanted), Some(all)) = (&args.args, &args.skip_all) {
        errors.at(all, format!("`{wanted}` records all parameters and `skip_all` none; remove one of the two"));
    }
    let names: Vec<&Ident> = bound.iter().map(|(name, ..)| name).collect();
    let (own, of_block): (&[Ident], &[Ident]) =
        args.skip.as_ref().map_or((&[], &[]), |skip| (&skip.names, &skip.of_block));
    for skip in own.iter().filter(|skip| !names.contains(skip)) {
        let near = names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let word = skip.to_string();
        let remedy = match did_you_mean(&word, near.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => told_names(&near),
        };
        errors.at(skip, format!("no parameter is called `{word}`; {remedy}"));
    }
    if args.skip_all.is_some() {
        return Vec::new();
    }
    let kept = bound.into_iter().filter(|(name, ..)| !own.contains(name) && !of_block.contains(name));
    kept.map(|(name, how, cfgs)| {
        let text = name.unraw().to_string();
        let value = Some(name.into_token_stream());
        (text.clone(), Field { name: text.to_token_stream(), text: Some(text), how, value, is_parameter: true, cfgs })
    })
    .collect()
}

/// The names that a pattern binds. What a pattern takes apart has a type that the signature does not show.
fn names_in(pattern: &Pat, how: How, as_tracing: bool, names: &mut Vec<(Ident, How)>) {
    let mut within = |pattern: &Pat, how| names_in(pattern, how, as_tracing, names);
    match pattern {
        Pat::Ident(pattern) => names.push((pattern.ident.clone(), how)),
        Pat::Reference(pattern) => within(&pattern.pat, how),
        Pat::Struct(pattern) => pattern.fields.iter().for_each(|field| within(&field.pat, How::Debug)),
        Pat::Tuple(pattern) => pattern.elems.iter().for_each(|pattern| within(pattern, How::Debug)),
        Pat::TupleStruct(pattern) => pattern.elems.iter().for_each(|pattern| within(pattern, How::Debug)),
        // Of these, tracing's attribute records nothing: what was kept back stays so.
        Pat::Paren(pattern) if !as_tracing => within(&pattern.pat, how),
        Pat::Slice(pattern) if !as_tracing => pattern.elems.iter().for_each(|pattern| within(pattern, How::Debug)),
        _ => {}
    }
}

/// As tracing's attribute decides it: by the type's name.
fn how_to_record(ty: &Type) -> How {
    const VALUES: [&str; 30] = [
        "bool",
        "str",
        "String",
        "u8",
        "u16",
        "u32",
        "u64",
        "u128",
        "usize",
        "i8",
        "i16",
        "i32",
        "i64",
        "i128",
        "isize",
        "f32",
        "f64",
        "NonZeroU8",
        "NonZeroU16",
        "NonZeroU32",
        "NonZeroU64",
        "NonZeroU128",
        "NonZeroUsize",
        "NonZeroI8",
        "NonZeroI16",
        "NonZeroI32",
        "NonZeroI64",
        "NonZeroI128",
        "NonZeroIsize",
        "Wrapping",
    ];
    match peeled(ty) {
        Type::Reference(ty) => how_to_record(&ty.elem),
        Type::Path(ty) if is_one_of(&ty.path, &VALUES) => How::Value,
        _ => How::Debug,
    }
}

fn is_one_of(path: &Path, words: &[&str]) -> bool {
    path.segments.last().is_some_and(|last| words.iter().any(|word| last.ident == word))
}
