//! The catalogue as JSON.

use super::string::string;
use crate::catalogue::Catalogue;

impl Catalogue {
    /// All of it as JSON, for tools: families by name, labels in their order with the most values that each can have.
    ///
    /// ```json
    /// {"series": 4, "bytes": 512, "families": [{"name": "jobs_total", "written": "jobs_total", "type": "counter",
    ///   "help": "Jobs.", "unit": null, "labels": [{"name": "queue", "values": 4}], "series": 4, "bytes": 512,
    ///   "file": "src/jobs.rs", "line": 12}]}
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let quoted = |text: &str| {
            let mut out = Vec::new();
            string(text, &mut out);
            String::from_utf8(out).unwrap_or_default()
        };
        let families = self.families().iter().map(|family| {
            let labels = family.labels().iter();
            let labels = labels.map(|(name, values)| format!("{{\"name\":{},\"values\":{values}}}", quoted(name)));
            let (file, line) = family.place();
            format!(
                "{{\"name\":{},\"written\":{},\"type\":{},\"help\":{},\"unit\":{},\"labels\":[{}],\"series\":{},\"bytes\":{},\
                 \"file\":{},\"line\":{line}}}",
                quoted(family.name()),
                quoted(family.written()),
                quoted(family.kind()),
                quoted(family.help()),
                family.unit().map_or("null".to_owned(), quoted),
                labels.collect::<Vec<_>>().join(","),
                family.series(),
                family.bytes(),
                quoted(file),
            )
        });
        let families = families.collect::<Vec<_>>().join(",");
        format!("{{\"series\":{},\"bytes\":{},\"families\":[{families}]}}", self.series(), self.bytes())
    }
}
