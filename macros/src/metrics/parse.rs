//! The tokens of a struct → [`Group`].

use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Expr, ExprLit, Fields, Lit, LitStr, Meta, Type};

use super::model::{Field, Group};
use super::options::{Options, options};
use crate::diag::Errors;
use crate::names::{self, Kind};

pub fn group(input: TokenStream, errors: &Errors) -> Option<Group> {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    let options = options(&input.attrs, &["prefix", "budget", "allow", "crate"], errors);
    let DeriveInput { vis, ident: name, generics, data, .. } = input;
    let mut group = Group { vis, name, generics, krate: options.krate.clone(), fields: Vec::new() };
    let Data::Struct(data) = data else {
        errors.at(&group.name, "`#[derive(Metrics)]` goes on a struct, whose fields are the families");
        return Some(group);
    };
    if !group.generics.params.is_empty() {
        errors.at(
            &group.generics,
            "a group of metrics has no parameters: its cells are a static of its type; write the types",
        );
        return Some(group);
    }
    let fields = match data.fields {
        Fields::Named(fields) => fields.named,
        Fields::Unit => Punctuated::default(),
        Fields::Unnamed(fields) => {
            errors.at(&fields, "a family needs a name; give the fields names");
            return Some(group);
        }
    };
    let is_good = options.prefix.as_ref().is_none_or(|prefix| check_prefix(prefix, &options, errors));
    let fields = fields.into_iter().filter_map(|field| self::field(field, &options, is_good, errors));
    group.fields = fields.collect();
    no_name_twice(&group.fields, errors);
    Some(group)
}

/// Whether the names of the fields can be judged: of a wrong prefix each would say the same.
fn check_prefix(prefix: &LitStr, group: &Options, errors: &Errors) -> bool {
    let text = prefix.value();
    if text.is_empty() {
        errors.at(prefix, "the prefix is empty; leave it out");
    } else if text.trim_end_matches(['_', '.']).is_empty() {
        errors.at(prefix, "the prefix is no word; leave it out");
    } else if text.ends_with(['_', '.']) {
        errors.at(prefix, format!("a `_` is put behind the prefix; write `{}`", text.trim_end_matches(['_', '.'])));
    } else if let Err(message) = names::written(&text).and_then(|()| names::family(&text.replace('.', "_"))) {
        errors.at(prefix, message);
    } else {
        // The end of a prefix is no end of a name.
        let broken = names::lints(&format!("{}_x", text.replace('.', "_")), None, None);
        let broken: Vec<_> =
            broken.into_iter().filter(|lint| !group.allow.iter().any(|allow| allow == lint.name)).collect();
        for lint in &broken {
            errors.at(prefix, lint.message("", &format!("#[metrics(allow({}))]", lint.name)));
        }
        return broken.is_empty();
    }
    false
}

fn field(field: syn::Field, group: &Options, is_good: bool, errors: &Errors) -> Option<Field> {
    let known = ["rename", "buckets", "quantiles", "unit", "budget", "zero", "native", "allow"];
    let options = options(&field.attrs, &known, errors);
    let ident = field.ident?;
    let kind = kind(&field.ty);
    if let Some(message) = surely_none(&field.ty) {
        errors.at(&field.ty, message);
    }
    let own = options.rename.as_ref().map_or_else(|| ident.unraw().to_string(), LitStr::value);
    let prefix = group.prefix.as_ref().map(LitStr::value);
    let whole = match &prefix {
        Some(prefix) if own.contains('.') => format!("{prefix}.{own}"),
        Some(prefix) => format!("{prefix}_{own}"),
        None => own.clone(),
    };
    let (name, written) = names::mapped(&whole, kind);
    let at = |message: String| match &options.rename {
        Some(rename) => errors.at(rename, message),
        None => errors.at(&ident, message),
    };
    let is_allowed = |lint: &str| group.allow.iter().chain(&options.allow).any(|allowed| allowed == lint);
    let of_durations = kind.is_none_or(|kind| matches!(kind, Kind::Histogram | Kind::Summary));
    if let (Some((_, span)), false) = (&options.unit, of_durations) {
        let message = "`unit` is for a `Histogram` or a `Summary`, which convert durations to it";
        errors.push(syn::Error::new(*span, message));
    }
    if let Err(message) = names::written(&own).and_then(|()| names::family(&name)) {
        if is_good {
            at(message);
        }
    } else if is_good {
        let before = prefix.map_or_else(String::new, |prefix| format!("{}_", prefix.replace('.', "_")));
        let unit = options.unit.as_ref().map(|(unit, _)| *unit).filter(|_| of_durations);
        for lint in names::lints(&name, kind, unit) {
            if !is_allowed(lint.name) {
                at(lint.message(&before, &format!("#[metrics(allow({}))]", lint.name)));
            }
        }
    }
    let help = help(&field.attrs);
    if help.is_empty() {
        let is_made = |attr: &Attribute| match &attr.meta {
            Meta::NameValue(doc) => doc.path.is_ident("doc") && !matches!(doc.value, Expr::Lit(_)),
            _ => false,
        };
        let message = if field.attrs.iter().any(is_made) {
            "the help text of a family must be a literal; write it as a doc comment: `/// …`"
        } else {
            "a family needs a help text; write what it counts as a doc comment: `/// …`"
        };
        errors.at(&ident, message);
    }
    check(&options, errors);
    // An alias is left to the compiler.
    let unchecked = kind.is_none().then(|| ["total_suffix", "reserved_suffix"].map(is_allowed));
    Some(Field {
        unchecked,
        ident,
        ty: field.ty,
        name,
        written,
        help,
        buckets: options.buckets,
        quantiles: options.quantiles,
        unit: options.unit.filter(|_| of_durations),
        budget: options.budget.or_else(|| group.budget.clone()),
        zero: options.zero,
        native: options.native,
    })
}

/// Which metric it is, as far as its name shows: an alias is left to the compiler.
fn kind(ty: &Type) -> Option<Kind> {
    let Type::Path(path) = peeled(ty) else { return None };
    Some(match path.path.segments.last()?.ident.to_string().as_str() {
        "Counter" => Kind::Counter,
        "Gauge" => Kind::Gauge,
        "Histogram" => Kind::Histogram,
        "Summary" => Kind::Summary,
        "Info" => Kind::Info,
        _ => return None,
    })
}

/// Without parentheses, and without the invisible ones round a `$t:ty`.
fn peeled(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peeled(&group.elem),
        Type::Paren(paren) => peeled(&paren.elem),
        other => other,
    }
}

/// What is no metric, whatever it is an alias of. The compiler would say it twice.
fn surely_none(ty: &Type) -> Option<String> {
    let is = match peeled(ty) {
        // What a macro will be.
        Type::Macro(_) => false,
        Type::Path(path) => {
            let name = path.path.segments.last()?.ident.to_string();
            let is_plain = path.path.segments.len() == 1;
            is_plain && (name.starts_with(|c: char| c.is_ascii_lowercase()) || name == "String" || name == "Option")
        }
        _ => true,
    };
    is.then(|| {
        "the field of a group is a metric: `Counter`, `Gauge`, `Histogram`, `Summary` or `Info`; keep other values elsewhere"
            .to_owned()
    })
}

/// The first paragraph of the doc comment, in one line.
fn help(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    // The lines of a block comment may begin with a star.
    let lines = lines.flat_map(|text| {
        let is_block = text.contains('\n');
        let line =
            |line: &str| if is_block { line.trim().trim_start_matches('*').trim() } else { line.trim() }.to_owned();
        text.split('\n').map(line).collect::<Vec<_>>()
    });
    let text: Vec<String> = lines.collect();
    let lines = text.iter().map(String::as_str);
    let paragraph: Vec<&str> = lines.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).collect();
    paragraph.join(" ")
}

fn check(options: &Options, errors: &Errors) {
    for (key, value) in [("buckets", &options.buckets), ("quantiles", &options.quantiles)] {
        match value {
            Some(Expr::Lit(_) | Expr::Unary(_)) => {
                let message = format!("expected numbers, such as `{key} = [0.5, 0.9]`, or the name of a constant");
                errors.at(value, message);
            }
            Some(Expr::Macro(list)) if list.mac.path.is_ident("vec") => {
                errors.at(list, format!("`{key}` are known while compiling; write `[…]` instead of `vec![…]`"));
            }
            _ => {}
        }
    }
    if let Some(budget @ Expr::Lit(literal)) = &options.budget {
        if !matches!(literal.lit, Lit::Int(_)) {
            errors.at(budget, "expected a number of series: `budget = 50_000`");
        }
    }
}

fn no_name_twice(fields: &[Field], errors: &Errors) {
    for (at, later) in fields.iter().enumerate() {
        if let Some(earlier) = fields[..at].iter().find(|earlier| earlier.name == later.name) {
            let message =
                format!("the family `{}` is that of the field `{}` already; rename one", later.name, earlier.ident);
            errors.push(syn::Error::new(later.ident.span(), message));
        }
    }
}
