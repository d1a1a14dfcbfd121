//! The workflow that there is, orders of a shop, and the handlers that do its steps.
//!
//! Amounts are in cents, and every sum is checked: an order that is too large is refused, and never wraps.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tallied::Label;
use tallied_service::Sensitive;

use crate::events::{DeliveryMode, EventName};
use crate::stock::{Line, Shortage, Stock, article};
use crate::store::StoreError;
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

/// What an order says. Whoever logs it sees nothing of who ordered, nor of how it is paid.
#[derive(Debug, Deserialize)]
struct Order {
    /// `2 anvil`: a number, and an article.
    lines: Vec<String>,
    country: String,
    email: Sensitive<String>,
    card_token: Sensitive<String>,
}

/// In cents.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Priced {
    net: u64,
    tax: u64,
    total: u64,
}

/// The most lines of an order.
const MOST: usize = 100;

/// Why a step is not done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What serde says of it would show values, and those are nobody's business.
    #[error("an order has the texts `country`, `email` and `card_token`, and the list `lines`")]
    Unreadable,
    #[error("the email has no `@`, or the card's token does not begin with `tok_`")]
    Customer,
    #[error("line {0} is no number and an article that there is")]
    Line(usize),
    /// Somebody may have written a card's token there.
    #[error("nothing is known of taxes in the order's country; there are `CH`, `DE` and `FR`")]
    Country,
    #[error("the order has {0} lines; at most {MOST} are taken")]
    TooMany(usize),
    #[error("the handler panicked")]
    Panicked,
    #[error("the amount is too large")]
    TooLarge,
    #[error(transparent)]
    Shortage(#[from] Shortage),
    #[error("the result of a step: {0}")]
    Result(#[from] serde_json::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failure {
    /// Whether another attempt may end better: stock may come back from a task that failed, or be delivered.
    pub fn is_transient(&self) -> bool {
        matches!(self, Failure::Shortage(_) | Failure::Store(_))
    }
}

impl Handler {
    /// Those of the workflow `order`.
    pub const ALL: [Handler; 4] =
        [Handler::ParseOrder, Handler::PriceOrder, Handler::ReserveStock, Handler::RenderInvoice];

    /// What must be complete before it.
    pub fn depends_on(self) -> &'static [Handler] {
        match self {
            Handler::ParseOrder => &[],
            Handler::PriceOrder | Handler::ReserveStock => &[Handler::ParseOrder],
            Handler::RenderInvoice => &[Handler::PriceOrder, Handler::ReserveStock],
        }
    }

    /// Does the step, with the results of those that it depends on.
    pub fn run(self, task: &Task, steps: &[Step], stock: &Stock) -> Result<Value, Failure> {
        let order = || read(&task.input);
        let lines = || result_of::<Vec<Line>>(steps, Handler::ParseOrder);
        Ok(match self {
            Handler::ParseOrder => serde_json::to_value(parse(&order()?)?)?,
            Handler::PriceOrder => serde_json::to_value(price(&lines()?, &order()?.country)?)?,
            Handler::ReserveStock => {
                stock.reserve(&task.uuid, &lines()?)?;
                json!({"lines": lines()?.len()})
            }
            Handler::RenderInvoice => {
                let priced: Priced = result_of(steps, Handler::PriceOrder)?;
                json!({"total_cents": priced.total, "text": render(&lines()?, &priced)})
            }
        })
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

fn result_of<T: DeserializeOwned>(steps: &[Step], handler: Handler) -> Result<T, Failure> {
    let step = steps.iter().find(|step| step.handler == handler);
    Ok(T::deserialize(step.and_then(|step| step.result.as_ref()).unwrap_or(&Value::Null))?)
}

fn read(input: &Value) -> Result<Order, Failure> {
    Order::deserialize(input).map_err(|_| Failure::Unreadable)
}

fn parse(order: &Order) -> Result<Vec<Line>, Failure> {
    tracing::debug!(?order, "parsing");
    if order.lines.len() > MOST {
        return Err(Failure::TooMany(order.lines.len()));
    }
    if !order.email.expose().contains('@') || !order.card_token.expose().starts_with("tok_") {
        return Err(Failure::Customer);
    }
    let line = |text: &str| {
        let (quantity, name) = text.trim().split_once(' ')?;
        let quantity = quantity.parse().ok().filter(|quantity| *quantity > 0)?;
        Some(Line { article: article(name.trim())?.name.to_owned(), quantity })
    };
    (1..).zip(&order.lines).map(|(at, text)| line(text).ok_or(Failure::Line(at))).collect()
}

/// With the country's tax, in thousandths, rounded to the nearest cent.
fn price(lines: &[Line], country: &str) -> Result<Priced, Failure> {
    let tax = match country {
        "CH" => 81,
        "DE" => 190,
        "FR" => 200,
        _ => return Err(Failure::Country),
    };
    let amount = |line: &Line| Some(u128::from(line.quantity) * u128::from(article(&line.article)?.cents));
    let net: u128 = lines.iter().filter_map(amount).sum();
    let tax = (net * tax + 500) / 1000;
    let cents = |amount: u128| u64::try_from(amount).map_err(|_| Failure::TooLarge);
    Ok(Priced { net: cents(net)?, tax: cents(tax)?, total: cents(net + tax)? })
}

fn render(lines: &[Line], Priced { net, tax, total }: &Priced) -> String {
    let line = |Line { article, quantity }: &Line| format!("{quantity:>8} {article}\n");
    let sum = |(name, cents): (&str, &u64)| format!("{name:<8} {:>9}.{:02}\n", cents / 100, cents % 100);
    lines.iter().map(line).chain([("net", net), ("tax", tax), ("total", total)].map(sum)).collect()
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
        for (lines, at) in [(&["1 rope", "rope"][..], 2), (&["0 rope"], 1), (&["1 rope", "2 dynamite"], 2)] {
            let wrong = parse(&order(lines, "ada@example.org", "tok_1")).unwrap_err();
            assert_eq!(wrong.to_string(), format!("line {at} is no number and an article that there is"));
        }
        assert!(parse(&order(&["1 rope"], "ada", "tok_1")).is_err());
        let refused = parse(&order(&["1 rope"], "ada@example.org", "4111")).unwrap_err().to_string();
        assert!(!refused.contains("4111"), "{refused}");
        let misplaced = json!({"lines": "4111", "country": "DE", "email": "ada@example.org", "card_token": "tok_1"});
        let refused = read(&misplaced).unwrap_err().to_string();
        assert!(!refused.contains("4111"), "{refused}");
        let read = parse(&order(&["2  rocket skates "], "ada@example.org", "tok_1")).unwrap();
        assert_eq!(read, [Line { article: "rocket skates".into(), quantity: 2 }]);
    }

    #[test]
    fn prices_are_whole_cents_with_the_countrys_tax() {
        let line = |article: &str, quantity| Line { article: article.into(), quantity };
        let priced = price(&[line("feather", 1), line("anvil", 1)], "CH").unwrap();
        // 8.1 % of 126.50 are 10.2465.
        assert_eq!(priced, Priced { net: 12_650, tax: 1_025, total: 13_675 });
        assert!(matches!(price(&[line("anvil", u64::MAX)], "DE"), Err(Failure::TooLarge)));
        assert!(matches!(price(&[line("anvil", 1)], "XX"), Err(Failure::Country)));
        assert!(render(&[line("anvil", 1)], &priced).ends_with("total          136.75\n"));
    }
}
