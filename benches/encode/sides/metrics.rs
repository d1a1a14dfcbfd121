use metrics::{histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use tallied::STANDARD_BUCKETS;

use crate::{Exposes, Family, Method, Writes};

pub struct Side {
    recorder: PrometheusRecorder,
    out: Vec<u8>,
}

impl Side {
    pub fn new() -> Side {
        let builder = PrometheusBuilder::new().set_buckets(&STANDARD_BUCKETS).expect("there are buckets");
        Side { recorder: builder.build_recorder(), out: Vec::new() }
    }
}

impl Writes for Side {
    fn write(&self, family: Family, tenant: usize, method: Method, seconds: f64) {
        with_local_recorder(&self.recorder, || {
            let tenant = Family::tenant(tenant);
            histogram!(family.name(), "tenant" => tenant, "method" => method.text()).record(seconds);
        });
    }

    /// The observations go where the scrape finds them.
    fn settle(&self) {
        self.recorder.handle().run_upkeep();
    }
}

impl Exposes for Side {
    /// As `render` does, into a buffer that is there.
    fn encode(&mut self) -> &[u8] {
        self.out.clear();
        self.recorder.handle().render_to_write(&mut self.out).expect("a `Vec` takes all");
        &self.out
    }
}
