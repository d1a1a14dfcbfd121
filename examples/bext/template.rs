//! Templates: compiled once when a site is deployed, rendered by isolates.
//!
//! | written | is |
//! |---|---|
//! | `{{a.b}}` | a value, escaped for HTML |
//! | `{{{a.b}}}` | a value as it is |
//! | `{{json a.b}}` | a value as JSON |
//! | `{{#each a}} … {{/each}}` | for each value of a list, with what is in it |
//! | `{{> name}}` | a fragment |

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

/// So deep may fragments be in each other.
const DEEPEST: usize = 16;
/// So deep may `#each` be in each other.
const DEEPEST_EACH: usize = 32;
/// So many texts, values, lists and fragments may a page be made of.
const MOST: usize = 100_000;
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
    #[error("`#each` are more than {DEEPEST_EACH} deep in each other")]
    TooDeep,
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
    #[error("the page is made of more than {MOST} texts, values, lists and fragments")]
    TooMuchWork,
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
            let depth = open.len();
            let nodes = &mut open.last_mut().ok_or(Malformed::EndWithoutEach)?.1;
            nodes.push(Node::Text(text.to_owned()));
            match inside {
                Node::Each(list, _) if list.is_empty() => {
                    let (list, nodes) = open.pop().filter(|_| !open.is_empty()).ok_or(Malformed::EndWithoutEach)?;
                    open.last_mut().ok_or(Malformed::EndWithoutEach)?.1.push(Node::Each(list, nodes));
                }
                Node::Each(..) if depth > DEEPEST_EACH => return Err(Malformed::TooDeep),
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
        Rendering { fragments, scopes: vec![data], work: 0, out }.nodes(&self.0, 0)
    }
}

struct Rendering<'a> {
    fragments: &'a BTreeMap<String, Template>,
    scopes: Vec<&'a Value>,
    work: usize,
    out: &'a mut String,
}

impl<'a> Rendering<'a> {
    fn nodes(&mut self, nodes: &'a [Node], depth: usize) -> Result<(), RenderError> {
        for node in nodes {
            self.work += 1;
            if self.work > MOST {
                return Err(RenderError::TooMuchWork);
            }
            match node {
                Node::Text(text) => self.append(text)?,
                Node::Escaped(path) => self.escape(&text_of(self.find(path)?))?,
                Node::Plain(path) => self.append(&text_of(self.find(path)?))?,
                Node::Json(path) => self.append(&self.find(path)?.to_string())?,
                Node::Each(list, nodes) => {
                    for item in self.find(list)?.as_array().into_iter().flatten() {
                        self.scopes.push(item);
                        let rendered = self.nodes(nodes, depth);
                        self.scopes.pop();
                        rendered?;
                    }
                }
                Node::Fragment(_) if depth == DEEPEST => return Err(RenderError::Recursion),
                Node::Fragment(name) => {
                    let fragment = self.fragments.get(name).ok_or_else(|| RenderError::MissingValue(name.clone()))?;
                    self.nodes(&fragment.0, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    fn find(&self, path: &str) -> Result<&'a Value, RenderError> {
        let in_scope = |scope: &&'a Value| path.split('.').try_fold(*scope, |value, key| value.get(key));
        self.scopes.iter().rev().find_map(in_scope).ok_or_else(|| RenderError::MissingValue(path.to_owned()))
    }

    fn append(&mut self, text: &str) -> Result<(), RenderError> {
        if self.out.len() + text.len() > LONGEST {
            return Err(RenderError::TooLarge);
        }
        self.out.push_str(text);
        Ok(())
    }

    fn escape(&mut self, text: &str) -> Result<(), RenderError> {
        for part in text.split_inclusive(['&', '<', '>', '"']) {
            let plain = part.trim_end_matches(['&', '<', '>', '"']);
            self.append(plain)?;
            match &part[plain.len()..] {
                "&" => self.append("&amp;")?,
                "<" => self.append("&lt;")?,
                ">" => self.append("&gt;")?,
                "\"" => self.append("&quot;")?,
                _ => {}
            }
        }
        Ok(())
    }
}

fn text_of(value: &Value) -> Cow<'_, str> {
    value.as_str().map_or_else(|| value.to_string().into(), Cow::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn nested(times: usize, inside: &str) -> String {
        "{{#each a}}".repeat(times) + inside + &"{{/each}}".repeat(times)
    }

    fn rendered(source: &str, data: &Value) -> Result<String, RenderError> {
        let deep = nested(DEEPEST_EACH, "{{> deep}}");
        let fragments = [("a", "[{{x}}]"), ("endless", "{{> endless}}"), ("deep", &deep)];
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

    #[test]
    fn neither_depth_nor_length_nor_work_is_without_end() {
        let nested = |times| nested(times, "{{x}}");
        assert!(matches!(Template::compile(&nested(30_000)), Err(Malformed::TooDeep)));
        assert!(matches!(Template::compile(&nested(33)), Err(Malformed::TooDeep)));
        assert_eq!(rendered(&nested(32), &json!({ "a": [{}], "x": "<1>" })).unwrap(), "&lt;1&gt;");
        // All fragments and all lists that there can be in each other.
        assert!(matches!(rendered("{{> deep}}", &json!({ "a": [{}] })), Err(RenderError::Recursion)));
        // 10 to the 6th, and nothing of it is long.
        assert!(matches!(rendered(&nested(6), &json!({ "a": vec![0; 10], "x": "" })), Err(RenderError::TooMuchWork)));
        assert!(matches!(rendered("{{x}}", &json!({ "x": "<".repeat(LONGEST / 4 + 1) })), Err(RenderError::TooLarge)));
        assert!(rendered("{{x}}", &json!({ "x": "<".repeat(LONGEST / 4) })).is_ok());
    }
}
