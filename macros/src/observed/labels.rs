//! The part of [`super::plan`] that is about labels: which there are, and where their values come from.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::{Expr, ExprLit, Ident, Lit, Type};

use super::args::{self, Args, KNOWN};
use super::callee::{Callee, Parameter, find};
use super::nameable::{captured, nameable, named, names};
use crate::diag::{Errors, did_you_mean, listed};
use crate::names;

/// A label but for `status`.
pub struct Label {
    pub name: String,
    pub holds: Holds,
    /// Only the families that list it have it.
    pub is_listed_only: bool,
}

pub enum Holds {
    /// The function's bare name.
    Name,
    /// The function's path in its crate.
    Path,
    /// One text, always.
    Text(String),
    /// What an expression gives, of a type that a `static` can name.
    Value { ty: Type, expression: TokenStream },
    /// What an expression gives, of a type that the compiler finds by itself from the parameters that it names.
    Inferred { parameters: Vec<(Ident, Type)>, expression: TokenStream },
    /// The first values that an expression gives, and one for the rest.
    Open { most: Expr, expression: TokenStream },
    /// Several labels, of a set.
    Set { ty: Type, expression: TokenStream },
    /// What a closure makes of the returned value.
    After { what: After, closure: Expr },
}

/// What a label from the returned value is.
pub enum After {
    Value(Type),
    /// Of a type that the compiler finds by itself, from that of the returned value.
    Inferred(Type),
    Open(Expr),
}

impl Holds {
    /// What is evaluated at each call.
    pub fn expression(&self) -> Option<&TokenStream> {
        match self {
            Holds::Value { expression, .. }
            | Holds::Inferred { expression, .. }
            | Holds::Open { expression, .. }
            | Holds::Set { expression, .. } => Some(expression),
            Holds::Name | Holds::Path | Holds::Text(_) | Holds::After { .. } => None,
        }
    }

    pub fn is_after(&self) -> bool {
        matches!(self, Holds::After { .. })
    }
}

pub struct Labels {
    pub all: Vec<Label>,
    /// What misspelt words were meant to be.
    pub meant: Vec<String>,
}

impl Labels {
    /// The labels of a family, by their places: those that it lists, or else all that are not for others alone. And
    /// whether it has `status`. A call that is running has none of what is known when it ends.
    pub fn of_family(&self, list: Option<&[Ident]>, of_running: bool) -> (Vec<usize>, bool) {
        let lists = |name: &str| list.is_some_and(|list| list.iter().any(|word| word.unraw() == name));
        let has = |label: &Label| if list.is_some() { lists(&label.name) } else { !label.is_listed_only };
        let has = |label: &Label| has(label) && !(of_running && label.holds.is_after());
        let places = self.all.iter().enumerate().filter(|(_, label)| has(label)).map(|(at, _)| at).collect();
        (places, !of_running && (list.is_none() || lists("status")))
    }

    /// The place of the label that holds the function's name, if the user named one.
    pub fn identity(&self) -> Option<usize> {
        self.all.iter().position(|label| matches!(label.holds, Holds::Name | Holds::Path))
    }
}

pub fn make(args: &Args, callee: &Callee, errors: &Errors) -> Labels {
    let parameters = callee.parameters();
    let mut labels = Labels { all: Vec::new(), meant: Vec::new() };
    words(&args.words, false, &mut labels, &parameters, callee, errors);
    for label in args.labels.iter().flatten() {
        add(&mut labels, &label.name, of_list(label, &parameters, callee, errors), errors);
    }
    for label in args.after.iter().flatten() {
        add(&mut labels, &label.name, of_after(label, callee, errors), errors);
    }
    let of_all = labels.all.len();
    for metric in [&args.counter, &args.histogram, &args.summary, &args.in_flight, &args.busy].into_iter().flatten() {
        let list = metric.labels.as_deref().unwrap_or_default();
        for (at, word) in list.iter().enumerate() {
            if list[..at].contains(word) {
                errors.at(word, format!("duplicate label `{word}`; remove one of the two"));
            } else if word == "status" && metric.key == "in_flight" {
                errors.at(word, "a running call has no `status` yet; remove it");
            } else if metric.key == "in_flight"
                && labels.all.iter().any(|l| l.holds.is_after() && word.unraw() == l.name)
            {
                errors.at(word, format!("a running call has no `{word}` yet, which is in `after(…)`; remove it"));
            } else if word != "status" && !labels.all.iter().any(|label| word.unraw() == label.name) {
                words(std::slice::from_ref(word), true, &mut labels, &parameters, callee, errors);
            }
        }
    }
    labels.all.iter_mut().skip(of_all).for_each(|label| label.is_listed_only = true);
    // What is known at the end is the last part of a label set's number.
    labels.all.sort_by_key(|label| label.holds.is_after());
    labels
}

/// Bare words: a parameter's name is a label that holds it, the first other one holds the function's name.
fn words(
    words: &[Ident],
    is_of_family: bool,
    labels: &mut Labels,
    parameters: &[Parameter<'_>],
    callee: &Callee,
    errors: &Errors,
) {
    for word in words {
        let name = word.unraw().to_string();
        if let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name) {
            add(labels, word, of_parameter(parameter, callee, errors), errors);
            continue;
        }
        if args::OF_A_FAMILY.contains(&&*name) && !is_of_family {
            errors.at(word, args::of_a_family(&name));
            continue;
        }
        let known = KNOWN.into_iter();
        let known = known.chain(parameters.iter().map(|parameter| parameter.name.as_str()));
        // In the list of a family, the labels that there are already may be meant.
        let there = labels.all.iter().filter(|_| is_of_family).map(|label| label.name.as_str());
        let near = did_you_mean(&name, known.chain(there)).map(str::to_owned);
        if near.as_deref() == Some(name.as_str()) {
            errors.at(word, format!("no label is called `{name}`; {}", told(parameters)));
            continue;
        }
        if let Some(near) = near {
            errors.at(word, format!("unknown argument `{name}`; did you mean `{near}`?"));
            labels.meant.push(near);
            continue;
        }
        match labels.identity().map(|at| labels.all[at].name.as_str()) {
            Some(first) if first != name => {
                let message =
                    format!("`{name}` would be a second label that holds the function's name, after `{first}`; ");
                errors.at(word, message + &told(parameters));
            }
            _ => {
                let holds = if name == "function" { Holds::Path } else { Holds::Name };
                add(labels, word, Some(holds), errors);
            }
        }
    }
}

/// Keeps a label, unless its name is wrong or taken.
fn add(labels: &mut Labels, word: &Ident, holds: Option<Holds>, errors: &Errors) {
    let name = word.unraw().to_string();
    // A set has a name in the attribute only.
    let is_set = matches!(holds, Some(Holds::Set { .. }));
    if name == "status" && is_set {
        errors.at(word, "a set needs another name than `status`; write `other(flatten): Type = status`");
    } else if let (Err(message), false) = (names::label(&name), is_set) {
        errors.at(word, message);
    } else if name == "status" {
        errors.at(word, "the label `status` holds what became of the call; use another name");
    } else if labels.all.iter().any(|label| label.name == name) {
        errors.at(word, format!("duplicate label `{name}`; remove one of the two"));
    } else if let Some(holds) = holds {
        labels.all.push(Label { name, holds, is_listed_only: false });
    }
}

/// A label in `labels(…)`.
fn of_list(label: &args::Label, parameters: &[Parameter<'_>], callee: &Callee, errors: &Errors) -> Option<Holds> {
    let name = label.name.unraw().to_string();
    let is_parameter = parameters.iter().any(|parameter| parameter.name == name);
    let is_number = matches!(&label.value, Some(Expr::Lit(_) | Expr::Path(_)));
    if !is_parameter
        && label.most.is_none()
        && (name == "max" && is_number || name == "flatten" && label.value.is_none())
    {
        let form = if name == "max" { "max = 64" } else { "flatten" };
        errors.at(&label.name, format!("`{name}` belongs to a label: `tenant({form})`"));
        return None;
    }
    if let (Some(_), Some(flatten)) = (&label.most, &label.flatten) {
        errors.at(flatten, "`max` is for one open-ended value, `flatten` for a set of labels; remove one of the two");
        return None;
    }
    let parameter = || {
        let found = parameters.iter().find(|parameter| parameter.name == name);
        if found.is_none() {
            let near = did_you_mean(&name, parameters.iter().map(|parameter| parameter.name.as_str()));
            let remedy = near.map_or_else(|| told(parameters), |near| format!("did you mean `{near}`?"));
            errors.at(&label.name, format!("no parameter is called `{name}`; {remedy}"));
        }
        found
    };
    if let Some(most) = &label.most {
        let expression = match &label.value {
            Some(value) => value.to_token_stream(),
            None => parameter()?.ident.to_token_stream(),
        };
        return open(most, label.ty.as_ref(), callee, errors).map(|most| Holds::Open { most, expression });
    }
    if label.flatten.is_some() {
        let (ty, expression) = match (&label.value, &label.ty) {
            (Some(value), Some(ty)) => (nameable(ty, callee, errors)?, value.to_token_stream()),
            (Some(value), None) => {
                errors.at(value, format!("a set of labels needs its type here; write `{name}(flatten): Type = …`"));
                return None;
            }
            (None, _) => {
                let parameter = parameter()?;
                (nameable(parameter.ty, callee, errors)?, parameter.ident.to_token_stream())
            }
        };
        return Some(Holds::Set { ty, expression });
    }
    match (&label.value, &label.ty) {
        (None, _) => of_parameter(parameter()?, callee, errors),
        (Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })), None) => {
            if text.value().is_empty() {
                errors.at(text, "an empty text is the absent label; leave the label out, or name its value");
            }
            Some(Holds::Text(text.value()))
        }
        (Some(Expr::Lit(literal @ ExprLit { lit: Lit::Int(_) | Lit::Float(_), .. })), None) => {
            let number = literal.to_token_stream();
            errors.at(literal, format!("a label that is always the same is a text: `{name} = \"{number}\"`"));
            None
        }
        (Some(Expr::Closure(closure)), _) => {
            errors.at(closure, "a closure over the returned value belongs in `after(…)`");
            None
        }
        (Some(value), None) => {
            let inferred = inferred(value.to_token_stream(), parameters, callee);
            if inferred.is_none() {
                errors.at(value, format!("the type of this value cannot be inferred here; write `{name}: Type = …`"));
            }
            inferred
        }
        (Some(value), Some(ty)) => {
            let ty = nameable(ty, callee, errors)?;
            Some(Holds::Value { ty, expression: value.to_token_stream() })
        }
    }
}

/// How many values an open-ended label keeps: a constant. Its type is not needed.
fn open(most: &Expr, ty: Option<&Type>, callee: &Callee, errors: &Errors) -> Option<Expr> {
    if let Some(ty) = ty {
        errors.at(ty, "a label with `max` needs no type; remove it");
        return None;
    }
    if let Some(open) = callee.open_name(most.to_token_stream()) {
        errors.at(&open, format!("`max` must be known where the function is written, and `{open}` is not"));
        return None;
    }
    if let Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) = most {
        if number.base10_digits() == "0" {
            errors.at(most, "the label would keep no value; `max` is at least 1");
            return None;
        }
    } else if matches!(most, Expr::Lit(_) | Expr::Unary(_)) {
        errors.at(most, "expected the number of values to keep: `max = 64`, or the name of a constant");
        return None;
    }
    Some(most.clone())
}

/// A label in `after(…)`.
fn of_after(label: &args::Label, callee: &Callee, errors: &Errors) -> Option<Holds> {
    let name = label.name.unraw().to_string();
    if let Some(flatten) = &label.flatten {
        errors.at(flatten, "a set of labels is known before the call; put it into `labels(…)`");
        return None;
    }
    let Some(closure) = label.value.clone() else {
        let message = format!("`{name}` comes from the returned value; write `{name} = |returned| …`");
        errors.at(&label.name, message);
        return None;
    };
    if let Expr::Closure(closure) = &closure {
        if let Some(parameter) = captured(closure, &callee.parameters()) {
            let message = format!(
                "a label in `after(…)` sees the returned value only; what you need of `{parameter}` goes into `labels(…)`"
            );
            errors.at(parameter, message);
            return None;
        }
    }
    let may_be_one = matches!(
        closure,
        Expr::Closure(_)
            | Expr::Path(_)
            | Expr::Call(_)
            | Expr::Macro(_)
            | Expr::Block(_)
            | Expr::Paren(_)
            | Expr::Group(_)
    );
    if !may_be_one {
        errors.at(&closure, format!("expected a closure over the returned value: `{name} = |returned| …`"));
        return None;
    }
    let what = match (&label.most, &label.ty) {
        (Some(most), ty) => After::Open(open(most, ty.as_ref(), callee, errors)?),
        (None, Some(ty)) => After::Value(nameable(ty, callee, errors)?),
        (None, None) => {
            let returned = callee.returned().and_then(|returned| named(&returned, callee));
            if returned.is_none() {
                let message =
                    format!("the type of this label cannot be inferred here; write `{name}: Type = |returned| …`");
                errors.at(&closure, message);
            }
            After::Inferred(returned?)
        }
    };
    Some(Holds::After { what, closure })
}

/// A value whose type follows from the types of the parameters, as far as those can be named in a `static`.
fn inferred(expression: TokenStream, parameters: &[Parameter<'_>], callee: &Callee) -> Option<Holds> {
    if callee.open_name(expression.clone()).is_some() || find(expression.clone(), &["self".to_owned()]).is_some() {
        return None;
    }
    // Only those that it names: the type of another one may belong to an impl round the function.
    let needed = parameters.iter().filter(|parameter| names(expression.clone(), &parameter.ident.to_string()));
    let typed = |parameter: &Parameter<'_>| Some((parameter.ident.clone(), named(parameter.ty, callee)?));
    let parameters = needed.map(typed).collect::<Option<_>>()?;
    Some(Holds::Inferred { parameters, expression })
}

fn of_parameter(parameter: &Parameter<'_>, callee: &Callee, errors: &Errors) -> Option<Holds> {
    let ident = parameter.ident;
    Some(Holds::Value { ty: nameable(parameter.ty, callee, errors)?, expression: quote!(#ident) })
}

fn told(parameters: &[Parameter<'_>]) -> String {
    told_names(&parameters.iter().map(|parameter| parameter.name.as_str()).collect::<Vec<_>>())
}

/// Which parameters there are.
pub fn told_names(names: &[impl AsRef<str>]) -> String {
    match names {
        [] => "the function has no parameters with a name".to_owned(),
        [name] => format!("the only parameter is `{}`", name.as_ref()),
        names => format!("the parameters are {}", listed(names)),
    }
}
