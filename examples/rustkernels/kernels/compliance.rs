//! Whether account numbers can be right: ISO 13616, whose check digits are those of ISO 7064, MOD 97-10.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tallied::observed;

use crate::kernel::{Failure, Kernel};
use crate::memory::Pools;
use crate::metrics::Domain;

/// The most accounts of one message.
const MOST: usize = 10_000;

/// The check digits of IBANs.
pub struct Iban;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    accounts: Vec<String>,
}

pub struct Work {
    accounts: Vec<String>,
    verdicts: Vec<Verdict>,
}

/// What is found of an account: not its number, which is somebody's.
#[derive(Serialize)]
struct Verdict {
    valid: bool,
    why: Option<&'static str>,
}

/// So many accounts of a message are told of one by one.
const TOLD: usize = 100;

#[observed(counter = false)]
impl Kernel for Iban {
    const ID: &'static str = "compliance/iban";
    const DOMAIN: Domain = Domain::Compliance;
    type Input = Input;
    type Work = Work;

    fn validate(&self, input: &Input) -> Result<(), Failure> {
        if (1..=MOST).contains(&input.accounts.len()) {
            return Ok(());
        }
        Err(Failure::Invalid(format!("`accounts` has {}: expected 1 to {MOST}", input.accounts.len())))
    }

    /// The electronic form, without the spaces of the printed one.
    fn prepare_input(&self, input: Input, _: &Pools) -> Result<Work, Failure> {
        let accounts = input.accounts.iter().map(|account| account.split_whitespace().collect()).collect();
        Ok(Work { accounts, verdicts: Vec::new() })
    }

    async fn gpu_execute(&self, work: &mut Work) -> Result<(), Failure> {
        for some in work.accounts.chunks(256) {
            work.verdicts.extend(some.iter().map(|account| {
                let why = check(account).err();
                Verdict { valid: why.is_none(), why }
            }));
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn collect_output(&self, work: Work, _: &Pools) -> Result<Value, Failure> {
        // A message may be long, and a log is for people.
        for (position, verdict) in work.verdicts.iter().enumerate().take(TOLD) {
            tracing::debug!(position, valid = verdict.valid, why = verdict.why, "account checked");
        }
        let valid = work.verdicts.iter().filter(|verdict| verdict.valid).count();
        Ok(json!({"valid": valid, "invalid": work.verdicts.len() - valid, "accounts": work.verdicts}))
    }
}

/// Why an account number, in its electronic form, cannot be right.
fn check(account: &str) -> Result<(), &'static str> {
    // The shortest there are have 15 characters (Norway), the longest that may be 34.
    if !(15..=34).contains(&account.len()) {
        return Err("it has not 15 to 34 characters");
    }
    let bytes = account.as_bytes();
    if !bytes.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
        return Err("it has a character that is no digit and no capital letter");
    }
    if !bytes[..2].iter().all(u8::is_ascii_uppercase) || !bytes[2..4].iter().all(u8::is_ascii_digit) {
        return Err("it does not begin with a country and two check digits");
    }
    // The first four characters go to the end, letters are 10 to 35, and the number leaves 1 when it is divided by 97.
    let rest = bytes[4..].iter().chain(&bytes[..4]).fold(0, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter - b'A') + 10) % 97,
    });
    if rest == 1 { Ok(()) } else { Err("its check digits are wrong") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples_are_valid_and_no_slip_of_a_digit_is() {
        for account in
            ["GB82WEST12345698765432", "DE89370400440532013000", "FR1420041010050500013M02606", "NO9386011117947"]
        {
            assert_eq!(check(account), Ok(()), "{account}");
            for at in 2..account.len() {
                let mut slip = account.as_bytes().to_vec();
                slip[at] = if slip[at] == b'1' { b'2' } else { b'1' };
                assert!(check(&String::from_utf8(slip).unwrap()).is_err(), "{account} at {at}");
            }
        }
        assert!(check("").is_err() && check("1234567890123456").is_err() && check("gb82WEST12345698765432").is_err());
    }
}
