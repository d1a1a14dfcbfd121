//! Reading single numbers off the text format. Whether the text is valid is for the judges to say.

/// The value of the one series with this name and exactly these labels, in any order.
///
/// # Panics
///
/// If there are two of them, or a value is no number.
#[must_use]
pub fn value(text: &str, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let mut wanted: Vec<String> = labels.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
    wanted.sort();
    let mut found = None;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((series, value)) = line.rsplit_once(' ') else { continue };
        let (series_name, series_labels) = match series.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').unwrap_or(labels)),
            None => (series, ""),
        };
        let mut has = split(series_labels);
        has.sort();
        if series_name == name && has == wanted {
            assert!(found.is_none(), "`{series}` stands twice");
            found = Some(value.parse().unwrap());
        }
    }
    found
}

/// Each label with its value, still escaped, of what stands between the braces.
#[must_use]
pub fn labels(text: &str) -> std::collections::BTreeMap<String, String> {
    let pair = |label: String| {
        let (name, value) = label.split_once('=')?;
        let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        Some((name.to_owned(), bare.unwrap_or(value).to_owned()))
    };
    split(text).into_iter().filter_map(pair).collect()
}

/// `label="value"` of each label, still escaped.
fn split(labels: &str) -> Vec<String> {
    let (mut found, mut label, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in labels.chars() {
        if c == ',' && !quoted {
            found.push(std::mem::take(&mut label));
            continue;
        }
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        label.push(c);
    }
    found.extend(Some(label).filter(|label| !label.is_empty()));
    found
}

/// All series of one name, as they are written.
#[must_use]
pub fn series<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let is = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    text.lines().filter(is).collect()
}
