//! `#[observed]`: parse → plan → gate → emit.

mod args;
mod block;
mod callee;
mod emit;
mod events;
mod families;
mod labels;
mod nameable;
mod plan;
mod span;
mod tail;

use proc_macro2::TokenStream;

use args::Args;
pub use args::Defaults;

use crate::diag::Errors;
use crate::echo;

/// The package that the attribute stands in.
pub struct Package {
    pub name: String,
    /// Whether it is of the user's own workspace, and no dependency of it.
    pub is_own: bool,
    /// What the build's environment says of budgets.
    pub budget: Option<String>,
}

/// Whether a package's folder is one that cargo keeps dependencies in.
pub fn is_of_cargo(folder: &str) -> bool {
    let parts: Vec<&str> = folder.split(['/', '\\']).collect();
    let is_fetched = parts.windows(2).any(|pair| pair == ["registry", "src"] || pair == ["git", "checkouts"]);
    // What `cargo vendor` wrote.
    is_fetched || std::path::Path::new(folder).join(".cargo-checksum.json").exists()
}

pub fn expand(attribute: TokenStream, item: TokenStream, package: &Package, defaults: Defaults) -> TokenStream {
    if block::is_block(&item) {
        return block::expand(&attribute, item, package, defaults);
    }
    let errors = Errors::new();
    let args = args::parse(attribute, defaults, &errors);
    match function(args, item.clone(), package, defaults, &Around::default(), errors) {
        Ok(function) => function,
        Err(errors) => echo::with_item(&errors, &item),
    }
}

/// What is known of the block round a function.
#[derive(Default)]
pub struct Around {
    pub is_block: bool,
    /// Another macro looks at it after us, though no attribute on the function says so.
    pub is_watched: bool,
    /// Its type and constant parameters.
    pub parameters: Vec<String>,
}

fn function(
    args: Args,
    item: TokenStream,
    package: &Package,
    defaults: Defaults,
    around: &Around,
    errors: Errors,
) -> Result<TokenStream, syn::Error> {
    let callee = callee::parse(item.clone(), around, defaults, &errors);
    let plan = callee.map(|callee| plan::make(args, callee, package, defaults, &errors));
    errors.finish()?;
    // Nothing was wrong and nothing was planned: leave the item as it is.
    Ok(plan.map_or(item, emit::function))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_told_by_the_folder_that_cargo_keeps_it_in() {
        for folder in ["/u/.cargo/registry/src/index-1/shop-1.0.0", r"C:\.cargo\git\checkouts\shop-1\a1b2c3\shop"] {
            assert!(is_of_cargo(folder), "{folder}");
        }
        for folder in ["/u/shop", "/u/registry/shop", "/u/src/git/shop", ""] {
            assert!(!is_of_cargo(folder), "{folder}");
        }
    }

    /// Words and punctuation that an attribute may be made of, rightly or wrongly.
    const WORDS: [&str; 66] = [
        "counter",
        "histogram",
        "in_flight",
        "buckets",
        "span",
        "crate",
        "name",
        "help",
        "level",
        "skip_all",
        "task_name",
        "histogrm",
        "r#type",
        "r#histogram",
        "_",
        "self",
        "true",
        "false",
        "\"jobs_total\"",
        "\"jobs-total\"",
        "\"\"",
        "b\"x\"",
        "'a'",
        "'static",
        "1",
        "1.5",
        "-1",
        "=",
        "=",
        ",",
        ",",
        ",",
        "::",
        "<",
        "(name = \"a\")",
        "(buckets = [1.0], help)",
        "()",
        "[1.0, 2.0]",
        "{ x }",
        "größe",
        "labels(a(max = 3), b: u8 = a)",
        "labels(a(flatten): T = b, kept(max))",
        "labels(a(max = K), a(flatten = 1))",
        "after(x = |y| y, z: bool = |a| a)",
        "after(x(max = 2) = |y| y.a, y(flatten))",
        "after(x = f, a)",
        "status",
        "status = T<'a>",
        "budget",
        "labels",
        "after",
        "|a|",
        "args",
        "skip(a, self)",
        "skip(b",
        "fields(a = ?b, {C} = %d.e(), f, ?g.h, %a)",
        "fields(= 1, {}, a.)",
        "err(level = \"info\", Debug)",
        "ret(Display, Display)",
        "slow = \"1.5s\"",
        "log = 3",
        "busy(buckets = [1.0])",
        "future",
        "parent = a",
        "follows_from = [a]",
        "?",
    ];

    const ITEMS: [&str; 8] = [
        "fn kept(a: u8) -> u8 { a }",
        "pub async fn kept<'a>(&'a self, (b, _): (u8, u8)) -> Result<(), E> { Ok(()) }",
        "const fn kept() {}",
        "fn kept(&self);",
        "struct kept;",
        "impl kept { fn f() {} }",
        "unsafe extern \"C\" fn kept(mut self: Box<Self>, ...) -> impl Future<Output = ()> + Clone { half typed ( ) }",
        "kept",
    ];

    #[test]
    fn whatever_stands_in_the_attribute_the_item_stays_and_nothing_panics() {
        // A fixed sequence, so that a failure can be seen again.
        let mut state = 1u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        let package = Package { name: "shop".to_owned(), is_own: true, budget: None };
        let (mut refused, mut taken) = (0, 0);
        for _ in 0..20_000 {
            let words: Vec<&str> = (0..next(9)).map(|_| WORDS[next(WORDS.len())]).collect();
            let text = words.join(" ");
            let defaults = if next(4) == 0 { Defaults::Instrument } else { Defaults::Observed };
            let Ok(attribute) = text.parse::<TokenStream>() else { continue };
            let item: TokenStream = ITEMS[next(ITEMS.len())].parse().unwrap();
            let expansion = expand(attribute, item.clone(), &package, defaults).to_string();
            assert!(expansion.contains("kept"), "`{text}` lost the item");
            if expansion.contains("compile_error") {
                // Of a block each method keeps its own.
                let is_kept = expansion.ends_with(&item.to_string()) || expansion.contains("impl kept {");
                assert!(is_kept, "`{text}` changed the item");
                refused += 1;
            } else {
                taken += 1;
            }
        }
        assert!(refused > 500 && taken > 500, "{refused} refused, {taken} taken: this proves little");
    }
}
