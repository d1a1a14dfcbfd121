//! Templates: compiled once when a site is deployed, rendered by isolates.
//!
//! | written | is |
//! |---|---|
//! | `{{a.b}}` | a value, escaped for HTML |
//! | `{{{a.b}}}` | a value as it is |
//! | `{{json a.b}}` | a value as JSON |
//! | `{{#each a}} … {{/each}}` | for each value of a list, with what is in it |
//! | `{{> name}}` | a fragment |

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// So deep may fragments be in each other.
const DEEPEST: usize = 16;
/// So long may a page be, in bytes.
const LONGEST: usize = 1 << 20;

#[derive(Debug)]
enum Node {
    Text(String),
    Escaped(String),
    Plain(String),
    Json(String),
    Each(String, Vec<Node>),
    Fragment(String),
}

/// A template that was understood.
#[derive(Debug)]
pub struct Template(Vec<Node>);

/// Why a template is not understood.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    #[error("`{{{{` at byte {0} is not closed")]
    Unclosed(usize),
    #[error("`#each` has no `{{{{/each}}}}`")]
    EachWithoutEnd,
    #[error("`{{{{/each}}}}` ends no `#each`")]
    EndWithoutEach,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("there is no `{0}`")]
    MissingValue(String),
    #[error("fragments are more than {DEEPEST} deep in each other")]
    Recursion,
    #[error("the page has more than {LONGEST} bytes")]
    TooLarge,
    #[error("the isolate crashed")]
    Crash,
}

impl Template {
    pub fn compile(source: &str) -> Result<Self, Malformed> {
        // The innermost `#each` is the last: its list, and what is in it so far.
        let mut open: Vec<(String, Vec<Node>)> = vec![(String::new(), Vec::new())];
        let mut rest = source;
        while let Some(at) = rest.find("{{") {
            let from = source.len() - rest.len() + at;
            let (text, tag) = rest.split_at(at);
            let (inside, after) = match tag.strip_prefix("{{{") {
                Some(plain) => {
                    plain.split_once("}}}").map(|(inside, after)| (Node::Plain(inside.trim().into()), after))
                }
                None => tag[2..].split_once("}}").map(|(inside, after)| (Self::tag(inside.trim()), after)),
            }
            .ok_or(Malformed::Unclosed(from))?;
            rest = after;
            let nodes = &mut open.last_mut().ok_or(Malformed::EndWithoutEach)?.1;
            nodes.push(Node::Text(text.to_owned()));
            match inside {
                Node::Each(list, _) if list.is_empty() => {
                    let (list, nodes) = open.pop().filter(|_| !open.is_empty()).ok_or(Malformed::EndWithoutEach)?;
                    open.last_mut().ok_or(Malformed::EndWithoutEach)?.1.push(Node::Each(list, nodes));
                }
                Node::Each(list, nodes) => open.push((list, nodes)),
                node => nodes.push(node),
            }
        }
        let (_, mut nodes) = open.pop().filter(|_| open.is_empty()).ok_or(Malformed::EachWithoutEnd)?;
        nodes.push(Node::Text(rest.to_owned()));
        Ok(Template(nodes))
    }

    /// `{{/each}}` is an `Each` without a list.
    fn tag(inside: &str) -> Node {
        let word = |prefix| inside.strip_prefix(prefix).map(|rest: &str| rest.trim().to_owned());
        match (word("#each "), word("> "), word("json ")) {
            (Some(list), ..) => Node::Each(list, Vec::new()),
            (_, Some(name), _) => Node::Fragment(name),
            (.., Some(path)) => Node::Json(path),
            _ if inside == "/each" => Node::Each(String::new(), Vec::new()),
            _ => Node::Escaped(inside.to_owned()),
        }
    }

    /// The names of the fragments that it has.
    pub fn fragments(&self) -> Vec<&str> {
        fn of<'a>(nodes: &'a [Node], found: &mut Vec<&'a str>) {
            for node in nodes {
                match node {
                    Node::Fragment(name) => found.push(name),
                    Node::Each(_, nodes) => of(nodes, found),
                    _ => {}
                }
            }
        }
        let mut found = Vec::new();
        of(&self.0, &mut found);
        found
    }

    /// Appends the page to `out`. Values are looked for in the innermost scope first.
    pub fn render(
        &self,
        fragments: &BTreeMap<String, Template>,
        data: &Value,
        out: &mut String,
    ) -> Result<(), RenderError> {
        render(&self.0, fragments, &mut vec![data], 0, out)
    }
}

fn render<'a>(
    nodes: &'a [Node],
    fragments: &'a BTreeMap<String, Template>,
    scopes: &mut Vec<&'a Value>,
    depth: usize,
    out: &mut String,
) -> Result<(), RenderError> {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Escaped(path) => escape(&text_of(find(scopes, path)?), out),
            Node::Plain(path) => out.push_str(&text_of(find(scopes, path)?)),
            // Writing into a `String` does not fail.
            Node::Json(path) => drop(write!(out, "{}", find(scopes, path)?)),
            Node::Each(list, nodes) => {
                for item in find(scopes, list)?.as_array().into_iter().flatten() {
                    scopes.push(item);
                    let rendered = render(nodes, fragments, scopes, depth, out);
                    scopes.pop();
                    rendered?;
                }
            }
            Node::Fragment(_) if depth == DEEPEST => return Err(RenderError::Recursion),
            Node::Fragment(name) => {
                let fragment = fragments.get(name).ok_or_else(|| RenderError::MissingValue(name.clone()))?;
                render(&fragment.0, fragments, scopes, depth + 1, out)?;
            }
        }
        if out.len() > LONGEST {
            return Err(RenderError::TooLarge);
        }
    }
    Ok(())
}

fn find<'a>(scopes: &[&'a Value], path: &str) -> Result<&'a Value, RenderError> {
    let in_scope = |scope: &&'a Value| path.split('.').try_fold(*scope, |value, key| value.get(key));
    scopes.iter().rev().find_map(in_scope).ok_or_else(|| RenderError::MissingValue(path.to_owned()))
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(source: &str, data: &Value) -> Result<String, RenderError> {
        let fragments = [("a", "[{{x}}]"), ("endless", "{{> endless}}")];
        let fragments = fragments.map(|(name, source)| (name.to_owned(), Template::compile(source).unwrap()));
        let mut out = String::new();
        Template::compile(source).unwrap().render(&BTreeMap::from(fragments), data, &mut out).map(|()| out)
    }

    #[test]
    fn values_lists_and_fragments_are_put_in() {
        let data = json!({ "x": "<b>", "list": [{ "x": 1 }, { "x": 2 }, {}], "deep": { "y": [true] } });
        let source = "{{x}} {{{x}}} {{json deep.y}} {{#each list}}{{> a}}{{#each deep.y}}.{{/each}}{{/each}}";
        assert_eq!(rendered(source, &data).unwrap(), "&lt;b&gt; <b> [true] [1].[2].[&lt;b&gt;].");
    }

    #[test]
    fn what_is_wrong_is_an_error() {
        let data = json!({});
        assert!(matches!(rendered("{{y}}", &data), Err(RenderError::MissingValue(name)) if name == "y"));
        assert!(matches!(rendered("{{> endless}}", &data), Err(RenderError::Recursion)));
        assert!(matches!(Template::compile("a {{b"), Err(Malformed::Unclosed(2))));
        assert!(matches!(Template::compile("{{#each a}}"), Err(Malformed::EachWithoutEnd)));
        assert!(matches!(Template::compile("{{/each}}"), Err(Malformed::EndWithoutEach)));
    }
}
