//! The code of the page `docs/how-many-series.md` that the compiler takes.
#![deny(warnings, clippy::pedantic)]

use tallied::{Label, observed};

#[derive(Clone, Copy, Label)]
enum Plan {
    Free,
    Team,
    Enterprise,
    Other,
}

impl Plan {
    fn of(client: &str) -> Self {
        match client {
            "free" => Plan::Free,
            "team" => Plan::Team,
            "enterprise" => Plan::Enterprise,
            _ => Plan::Other,
        }
    }
}

#[derive(Clone, Copy, Label)]
enum Method {
    Get,
    Post,
}

#[derive(Debug)]
struct Page;

#[derive(Debug)]
struct Error;

#[observed(
    labels(tenant(max = 64), method),
    counter = "requests_total",
    histogram(name = "request_seconds", labels(method, status))
)]
fn serve(tenant: &str, method: Method) -> Result<Page, Error> {
    if matches!(method, Method::Get) && !tenant.is_empty() { Ok(Page) } else { Err(Error) }
}

#[observed(labels(plan: Plan = Plan::of(client)), counter = "clients_total")]
fn greet(client: &str) -> String {
    format!("hello, {client}")
}

struct Config(Vec<String>);

impl Config {
    fn tenants(&self) -> &[String] {
        &self.0
    }
}

fn main() -> Result<(), tallied::ReserveError> {
    let config = Config(vec!["acme".to_owned()]);
    tallied::reserve("requests_total", "tenant", config.tenants())?;
    serve("acme", Method::Get).unwrap();
    serve("", Method::Post).unwrap_err();
    assert_eq!(greet("team"), "hello, team");
    assert!(tallied::catalogue().series() <= 10_000, "{}", tallied::catalogue());
    Ok(())
}
