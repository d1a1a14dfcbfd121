//! The workflows that there are, and the handlers that do their steps: orders of a shop, and quotes for them.
//!
//! Amounts are in cents, and every sum is checked: an order that is too large is refused, and never wraps.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tallied::Label;
use tallied_service::Sensitive;

use crate::events::{DeliveryMode, EventName};
use crate::store::{Store, StoreError};
use crate::task::{Step, Task};

/// The handlers; a step is called after its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Label)]
#[serde(rename_all = "snake_case")]
pub enum Handler {
    ParseOrder,
    PriceOrder,
    ReserveStock,
    RenderInvoice,
}

/// A step of a workflow, and what must be complete before it.
type Part = (Handler, &'static [Handler]);

/// The steps of a workflow, if there is one of that name. A step's results are those that it depends on.
pub fn workflow(name: &str) -> Option<&'static [Part]> {
    use Handler::{ParseOrder, PriceOrder, RenderInvoice, ReserveStock};
    match name {
        "order" => Some(&[
            (ParseOrder, &[]),
            (PriceOrder, &[ParseOrder]),
            (ReserveStock, &[ParseOrder]),
            (RenderInvoice, &[PriceOrder, ReserveStock]),
        ]),
        "quote" => Some(&[(ParseOrder, &[]), (PriceOrder, &[ParseOrder]), (RenderInvoice, &[PriceOrder])]),
        _ => None,
    }
}

/// Something that is sold.
pub struct Article {
    pub name: &'static str,
    cents: u64,
    /// So many are there at the start.
    pub stock: u64,
}

pub const ARTICLES: [Article; 4] = [
    Article { name: "anvil", cents: 12_500, stock: 3 },
    Article { name: "feather", cents: 150, stock: 1_000 },
    Article { name: "rocket skates", cents: 89_900, stock: 5 },
    Article { name: "rope", cents: 1_250, stock: 40 },
];

pub fn article(name: &str) -> Option<&'static Article> {
    ARTICLES.iter().find(|article| article.name == name)
}

/// What an order says. Whoever logs it sees nothing of who ordered, nor of how it is paid.
#[derive(Debug, Deserialize)]
struct Order {
    /// `2 anvil`: a number, and an article.
    lines: Vec<String>,
    country: String,
    email: Sensitive<String>,
    card_token: Sensitive<String>,
}

/// A line of an order.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub article: String,
    pub quantity: u64,
}

/// In cents.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Priced {
    net: u64,
    rebate: u64,
    tax: u64,
    total: u64,
}

/// Why a step is not done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What serde says of it would show values, and those are nobody's business.
    #[error("an order has the texts `country`, `email` and `card_token`, and the list `lines`")]
    Unreadable,
    #[error("the order has no lines")]
    Empty,
    #[error("line {0} is no number and an article")]
    Line(usize),
    #[error("line {0} asks for an article that there is not")]
    UnknownArticle(usize),
    #[error("the email has no `@`")]
    Email,
    #[error("the card's token does not begin with `tok_`")]
    CardToken,
    #[error("nothing is known of taxes in {0:?}")]
    UnknownCountry(String),
    #[error("the amount is too large")]
    TooLarge,
    #[error("{free} of {article} are free, and {wanted} are wanted")]
    Shortage { article: String, free: u64, wanted: u64 },
    #[error("the result of a step: {0}")]
    Result(#[from] serde_json::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failure {
    /// Whether another attempt may end better: stock that is held may come back, or more may be delivered.
    pub fn is_transient(&self) -> bool {
        matches!(self, Failure::Shortage { .. } | Failure::Store(_))
    }
}

/// What a handler is given.
pub struct Work<'a> {
    pub task: &'a Task,
    /// The task's steps, for the results of those that are complete.
    pub steps: &'a [Step],
    pub store: &'a Store,
}

impl Handler {
    pub fn as_str(self) -> &'static str {
        Handler::VALUES.get(self.index())
    }

    /// Does the step.
    pub fn run(self, work: &Work<'_>) -> Result<Value, Failure> {
        match self {
            Handler::ParseOrder => result(&parse(work.order()?)?),
            Handler::PriceOrder => result(&price(&work.lines()?, &work.order()?.country)?),
            Handler::ReserveStock => reserve(work.store, &work.task.uuid, &work.lines()?),
            Handler::RenderInvoice => {
                let priced: Priced = work.result_of(Handler::PriceOrder)?;
                let text = render(&work.task.name, &work.lines()?, &priced);
                Ok(json!({"total_cents": priced.total, "text": text}))
            }
        }
    }

    /// What happened when the step is done, and how it is told.
    pub fn event(self) -> Option<(EventName, DeliveryMode)> {
        match self {
            Handler::ParseOrder | Handler::RenderInvoice => None,
            Handler::PriceOrder => Some((EventName::OrderPriced, DeliveryMode::Fast)),
            Handler::ReserveStock => Some((EventName::StockReserved, DeliveryMode::Durable)),
        }
    }
}

impl Work<'_> {
    fn order(&self) -> Result<Order, Failure> {
        read(&self.task.input)
    }

    fn lines(&self) -> Result<Vec<Line>, Failure> {
        self.result_of(Handler::ParseOrder)
    }

    fn result_of<T: DeserializeOwned>(&self, handler: Handler) -> Result<T, Failure> {
        let step = self.steps.iter().find(|step| step.handler == handler);
        let result = step.and_then(|step| step.result.as_ref()).unwrap_or(&Value::Null);
        Ok(T::deserialize(result)?)
    }
}

fn result(of: &impl Serialize) -> Result<Value, Failure> {
    Ok(serde_json::to_value(of)?)
}

fn read(input: &Value) -> Result<Order, Failure> {
    Order::deserialize(input).map_err(|_| Failure::Unreadable)
}

fn parse(order: Order) -> Result<Vec<Line>, Failure> {
    tracing::debug!(?order, "parsing");
    if !order.email.expose().contains('@') {
        return Err(Failure::Email);
    }
    if !order.card_token.expose().starts_with("tok_") {
        return Err(Failure::CardToken);
    }
    let line = |(at, text): (usize, String)| {
        let (quantity, name) = text.trim().split_once(' ').ok_or(Failure::Line(at))?;
        let quantity = quantity.parse().ok().filter(|quantity| *quantity > 0).ok_or(Failure::Line(at))?;
        let article = article(name.trim()).ok_or(Failure::UnknownArticle(at))?;
        Ok(Line { article: article.name.to_owned(), quantity })
    };
    let lines: Vec<Line> = (1..).zip(order.lines).map(line).collect::<Result<_, Failure>>()?;
    if lines.is_empty() { Err(Failure::Empty) } else { Ok(lines) }
}

/// From ten of an article on 5 % less; then the country's tax, in thousandths, rounded to the nearest cent.
fn price(lines: &[Line], country: &str) -> Result<Priced, Failure> {
    let tax = match country {
        "CH" => 81,
        "DE" => 190,
        "FR" => 200,
        _ => return Err(Failure::UnknownCountry(country.to_owned())),
    };
    let (mut net, mut rebate) = (0u128, 0u128);
    for line in lines {
        let cents = article(&line.article).map_or(0, |article| article.cents);
        let amount = u128::from(line.quantity) * u128::from(cents);
        net += amount;
        rebate += if line.quantity >= 10 { amount / 20 } else { 0 };
    }
    let taxed = (net - rebate) * tax;
    let tax = (taxed + 500) / 1000;
    let cents = |amount: u128| u64::try_from(amount).map_err(|_| Failure::TooLarge);
    Ok(Priced { net: cents(net)?, rebate: cents(rebate)?, tax: cents(tax)?, total: cents(net - rebate + tax)? })
}

fn reserve(store: &Store, uuid: &str, lines: &[Line]) -> Result<Value, Failure> {
    match store.hold_stock(uuid, lines)? {
        Ok(()) => Ok(json!({"lines": lines.len()})),
        Err(short) => Err(Failure::Shortage { article: short.article, free: short.free, wanted: short.wanted }),
    }
}

fn render(title: &str, lines: &[Line], priced: &Priced) -> String {
    let euros = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
    let mut text = format!("{}\n", title.to_uppercase());
    for Line { article, quantity } in lines {
        let _ = writeln!(text, "{quantity:>8} {article}");
    }
    for (name, cents) in [("net", priced.net), ("rebate", priced.rebate), ("tax", priced.tax), ("total", priced.total)]
    {
        let _ = writeln!(text, "{name:<8} {:>12}", euros(cents));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(lines: &[&str], email: &str, card_token: &str) -> Order {
        let lines = lines.iter().map(|&line| line.into()).collect();
        Order { lines, country: "DE".into(), email: email.into(), card_token: card_token.into() }
    }

    #[test]
    fn an_order_is_read_line_by_line_and_what_is_wrong_is_named_without_its_secrets() {
        let wrong = |lines: &[&str]| parse(order(lines, "ada@example.org", "tok_1")).unwrap_err().to_string();
        assert_eq!(wrong(&["1 rope", "rope"]), "line 2 is no number and an article");
        assert_eq!(wrong(&["0 rope"]), "line 1 is no number and an article");
        assert_eq!(wrong(&["1 rope", "2 dynamite"]), "line 2 asks for an article that there is not");
        assert_eq!(wrong(&[]), "the order has no lines");
        assert!(parse(order(&["1 rope"], "ada", "tok_1")).is_err());
        let refused = parse(order(&["1 rope"], "ada@example.org", "4111")).unwrap_err().to_string();
        assert!(!refused.contains("4111"), "{refused}");
        let misplaced = json!({"lines": "4111", "country": "DE", "email": "ada@example.org", "card_token": "tok_1"});
        let refused = read(&misplaced).unwrap_err().to_string();
        assert!(!refused.contains("4111"), "{refused}");
        let read = parse(order(&["2  rocket skates "], "ada@example.org", "tok_1")).unwrap();
        assert_eq!(read, [Line { article: "rocket skates".into(), quantity: 2 }]);
    }

    #[test]
    fn prices_are_whole_cents_with_a_rebate_and_the_countrys_tax() {
        let line = |article: &str, quantity| Line { article: article.into(), quantity };
        let priced = price(&[line("rope", 10), line("anvil", 1)], "DE").unwrap();
        // 125.00 and 125.00, less 6.25, and 19 % of 243.75.
        let expected = Priced { net: 25_000, rebate: 625, tax: 4_631, total: 29_006 };
        assert_eq!(priced, expected);
        assert!(matches!(price(&[line("anvil", u64::MAX)], "DE"), Err(Failure::TooLarge)));
        assert!(matches!(price(&[line("anvil", 1)], "XX"), Err(Failure::UnknownCountry(_))));
        assert!(render("order", &[line("anvil", 1)], &priced).contains("total          290.06\n"));
    }
}
