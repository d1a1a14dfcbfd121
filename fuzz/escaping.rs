//! Any help and any value of a label can be read back from the text, from OpenMetrics and from JSON.
#![no_main]

use std::collections::HashMap;
use std::sync::{Mutex, Once};

use libfuzzer_sys::fuzz_target;
use prometheus::core::{Collector, Desc};
use prometheus::proto;
use tallied::{Format, encode};

static NOW: Mutex<(String, String)> = Mutex::new((String::new(), String::new()));

struct Says(Desc);

impl Collector for Says {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.0]
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        let (help, value) = NOW.lock().unwrap().clone();
        let mut label = proto::LabelPair::default();
        label.set_name("l".into());
        label.set_value(value);
        let mut metric = proto::Metric::from_label(vec![label]);
        metric.set_gauge(proto::Gauge::default());
        let mut family = proto::MetricFamily::default();
        family.set_name("f".into());
        family.set_help(help);
        family.set_field_type(proto::MetricType::GAUGE);
        family.set_metric(vec![metric]);
        vec![family]
    }
}

/// What was escaped; a quote may be, in some places.
fn unescaped(text: &str) -> String {
    let (mut out, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(match chars.next() {
                Some('n') => '\n',
                Some(escaped @ ('\\' | '"')) => escaped,
                other => panic!("`\\` before {other:?} in {text:?}"),
            }),
            c => out.push(c),
        }
    }
    out
}

fuzz_target!(|input: (String, String)| {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let desc = Desc::new("f".into(), "Any.".into(), Vec::new(), HashMap::new()).unwrap();
        tallied::register(Says(desc)).unwrap();
    });
    let (help, value) = input;
    *NOW.lock().unwrap() = (help.clone(), value.clone());
    for format in [Format::Text, Format::OpenMetrics] {
        let mut out = Vec::new();
        encode(format, &mut out);
        let text = String::from_utf8(out).unwrap();
        let line = |begin: &str| text.split('\n').find_map(|line| line.strip_prefix(begin)).unwrap().to_owned();
        // Three or four lines, whatever the texts hold.
        assert_eq!(text.split('\n').count(), if format == Format::Text { 4 } else { 5 }, "{text:?}");
        assert_eq!(unescaped(&line("# HELP f ")), help);
        let quoted = line("f{l=\"");
        assert_eq!(unescaped(quoted.rsplit_once("\"} ").unwrap().0), value);
    }
    let mut out = Vec::new();
    encode(Format::Json, &mut out);
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(json["families"][0]["help"], help);
    assert_eq!(json["families"][0]["series"][0]["labels"]["l"], value);
    let mut out = Vec::new();
    encode(Format::Protobuf, &mut out);
    let contains = |text: &str| out.windows(text.len().max(1)).any(|bytes| bytes == text.as_bytes());
    assert!(help.is_empty() || contains(&help));
    assert!(value.is_empty() || contains(&value));
});
