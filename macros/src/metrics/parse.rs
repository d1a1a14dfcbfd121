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
    let Data::Struct(data) = input.data else {
        errors.at(&input.ident, "`#[derive(Metrics)]` goes on a struct, whose fields are the families");
        return None;
    };
    if !input.generics.params.is_empty() {
        errors.at(
            &input.generics,
            "a group of metrics has no parameters: its cells are a static of its type; write the types",
        );
        return None;
    }
    let fields = match data.fields {
        Fields::Named(fields) => fields.named,
        Fields::Unit => Punctuated::default(),
        Fields::Unnamed(fields) => {
            errors.at(&fields, "a family needs a name; give the fields names");
            return None;
        }
    };
    if let Some(prefix) = options.prefix.as_ref() {
        check_prefix(prefix, errors);
    }
    let fields: Vec<Field> = fields.into_iter().filter_map(|field| self::field(field, &options, errors)).collect();
    no_name_twice(&fields, errors);
    Some(Group { vis: input.vis, name: input.ident, krate: options.krate, fields })
}

fn check_prefix(prefix: &LitStr, errors: &Errors) {
    let text = prefix.value();
    if text.is_empty() {
        errors.at(prefix, "the prefix is empty; leave it out");
    } else if text.ends_with(['_', '.']) {
        errors.at(prefix, format!("a `_` is put behind the prefix; write `{}`", text.trim_end_matches(['_', '.'])));
    } else if let Err(message) = names::family(&text.replace('.', "_")) {
        errors.at(prefix, message);
    }
}

fn field(field: syn::Field, group: &Options, errors: &Errors) -> Option<Field> {
    let known = ["rename", "buckets", "quantiles", "unit", "budget", "zero", "native", "allow"];
    let options = options(&field.attrs, &known, errors);
    let ident = field.ident?;
    let kind = kind(&field.ty);
    if let Some(message) = surely_none(&field.ty) {
        errors.at(&field.ty, message);
    }
    let own = options.rename.as_ref().map_or_else(|| ident.unraw().to_string(), LitStr::value);
    let whole = match &group.prefix {
        Some(prefix) if own.contains('.') => format!("{}.{own}", prefix.value()),
        Some(prefix) => format!("{}_{own}", prefix.value()),
        None => own,
    };
    let (name, written) = names::mapped(&whole, kind);
    let at = |message: String| match &options.rename {
        Some(rename) => errors.at(rename, message),
        None => errors.at(&ident, message),
    };
    // What is wrong with the prefix alone was said there.
    if let Err(message) = names::family(&name) {
        at(message);
    } else {
        let allowed = || group.allow.iter().chain(&options.allow);
        for lint in names::lints(&name, kind, options.unit.as_ref().map(|(unit, _)| *unit)) {
            if !allowed().any(|allowed| allowed == lint.name) {
                at(lint.message(&format!("#[metrics(allow({}))]", lint.name)));
            }
        }
    }
    let help = help(&field.attrs);
    if help.is_empty() {
        errors.at(&ident, "a family needs a help text; write what it counts as a doc comment: `/// …`");
    }
    check(&options, errors);
    Some(Field {
        ident,
        ty: field.ty,
        name,
        written,
        help,
        buckets: options.buckets,
        quantiles: options.quantiles,
        unit: options.unit,
        budget: options.budget.or_else(|| group.budget.clone()),
        zero: options.zero,
        native: options.native,
    })
}

/// Which metric it is, as far as its name shows: an alias is left to the compiler.
fn kind(ty: &Type) -> Option<Kind> {
    let Type::Path(path) = ty else { return None };
    Some(match path.path.segments.last()?.ident.to_string().as_str() {
        "Counter" => Kind::Counter,
        "Gauge" => Kind::Gauge,
        "Histogram" => Kind::Histogram,
        "Summary" => Kind::Summary,
        "Info" => Kind::Info,
        _ => return None,
    })
}

/// What is no metric, whatever it is an alias of. The compiler would say it twice.
fn surely_none(ty: &Type) -> Option<String> {
    let is = match ty {
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
    let text: Vec<String> = lines.flat_map(|text| text.split('\n').map(str::to_owned).collect::<Vec<_>>()).collect();
    let lines = text.iter().map(|line| line.trim().trim_start_matches('*').trim());
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
