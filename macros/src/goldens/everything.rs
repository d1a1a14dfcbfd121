#[observed(
    crate = crate::metrics::tallied,
    counter(name = "jobs_total", help = "Jobs."),
    histogram = "job_seconds",
    in_flight = "jobs_running",
    buckets = FAST,
    span = false
)]
fn job() -> Result<(impl Sized, u8), Error> {
    #![allow(unused_variables)]
    run()
}
