//! The cases of `rename_all`, named as serde names them.

pub const CASES: [&str; 8] = [
    "lowercase",
    "UPPERCASE",
    "PascalCase",
    "camelCase",
    "snake_case",
    "SCREAMING_SNAKE_CASE",
    "kebab-case",
    "SCREAMING-KEBAB-CASE",
];

/// The name of a variant in one of [`CASES`]; as it is in any other.
pub fn rename(name: &str, case: &str) -> String {
    let words = words(name);
    let lower = || words.iter().map(|word| word.to_lowercase()).collect::<Vec<_>>();
    let upper = || words.iter().map(|word| word.to_uppercase()).collect::<Vec<_>>();
    match case {
        "lowercase" => lower().concat(),
        "UPPERCASE" => upper().concat(),
        "PascalCase" => lower().iter().map(|word| capital(word)).collect(),
        "camelCase" => {
            lower().iter().enumerate().map(|(at, word)| if at == 0 { word.clone() } else { capital(word) }).collect()
        }
        "snake_case" => lower().join("_"),
        "SCREAMING_SNAKE_CASE" => upper().join("_"),
        "kebab-case" => lower().join("-"),
        "SCREAMING-KEBAB-CASE" => upper().join("-"),
        _ => name.to_owned(),
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// `HTTPServerV2` → `HTTP`, `Server`, `V2`: an abbreviation is one word.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, c) in chars.iter().enumerate() {
        let last = at.checked_sub(1).map(|at| chars[at]);
        let next = chars.get(at + 1);
        let begins = c.is_uppercase()
            && last.is_some_and(|last| !last.is_uppercase() || next.is_some_and(|next| next.is_lowercase()));
        if *c == '_' || begins {
            words.push(String::new());
        }
        if *c != '_' {
            words.last_mut().into_iter().for_each(|word| word.push(*c));
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_joins_the_same_words() {
        let all = CASES.map(|case| rename("NotFound", case));
        assert_eq!(
            all,
            ["notfound", "NOTFOUND", "NotFound", "notFound", "not_found", "NOT_FOUND", "not-found", "NOT-FOUND"]
        );
    }

    #[test]
    fn an_abbreviation_is_one_word() {
        for (name, snake) in [
            ("HTTPServer", "http_server"),
            ("ServeHTTP", "serve_http"),
            ("Http2", "http2"),
            ("V2Beta", "v2_beta"),
            ("A", "a"),
            ("IO", "io"),
            ("Already_Split", "already_split"),
            ("Größe", "größe"),
        ] {
            assert_eq!(rename(name, "snake_case"), snake);
        }
    }
}
