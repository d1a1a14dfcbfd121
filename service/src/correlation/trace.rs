//! A trace as requests carry it.
//!
//! Source: W3C Trace Context, <https://www.w3.org/TR/trace-context/>; the numbers of sections are of its Recommendation of
//! November 2021.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

/// The most bytes of `tracestate` that are passed on: what everybody must at least keep (section 3.3.1.5).
const LONGEST_STATE: usize = 512;

/// The bytes of a member that goes before others, where there are too many.
const LONG_MEMBER: usize = 128;

/// The most members of `tracestate` (section 3.3.1.1).
const MOST_MEMBERS: usize = 32;

/// A trace, the span in it that is ours, and whether it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    is_sampled: bool,
    /// What other systems want to be passed on, as it came.
    state: Option<Arc<str>>,
}

/// A `traceparent` that is none, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadTraceParent {
    /// It is not of the form `00-<32 digits>-<16 digits>-<2 digits>`, in lower-case hexadecimal.
    Form,
    /// Its version is `ff`, which there is not (section 3.2.2.1).
    Version,
    /// Its trace id is all zeros (section 3.2.2.3).
    TraceId,
    /// Its parent id is all zeros (section 3.2.2.4).
    ParentId,
}

impl fmt::Display for BadTraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadTraceParent::Form => {
                "a traceparent is not of the form `00-<32 digits>-<16 digits>-<2 digits>` in lower-case hexadecimal"
            }
            BadTraceParent::Version => "the version of a traceparent is `ff`, which is none",
            BadTraceParent::TraceId => "the trace id of a traceparent is all zeros",
            BadTraceParent::ParentId => "the parent id of a traceparent is all zeros",
        })
    }
}

impl std::error::Error for BadTraceParent {}

impl TraceContext {
    /// The first span of a new trace, which is recorded or not.
    #[must_use]
    pub fn new(is_sampled: bool) -> Self {
        TraceContext { trace_id: Uuid::new_v4().into_bytes(), span_id: span_id(), is_sampled, state: None }
    }

    /// The same, of which this share is recorded, from 0 to 1: the trace's id decides.
    #[must_use]
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // it saturates
    pub fn sampled(share: f64) -> Self {
        let mut trace = TraceContext::new(true);
        let mut last = [0; 8];
        // The rightmost 7 bytes are random: W3C Trace Context, section 3.2.2.3.
        last[1..].copy_from_slice(&trace.trace_id[9..]);
        trace.is_sampled = (u64::from_be_bytes(last) as f64) < share * (1u64 << 56) as f64;
        trace
    }

    /// What a request's header says, whose sender has the span that it names.
    ///
    /// A later version is read as this one, as far as this one goes (section 4.3).
    ///
    /// # Errors
    ///
    /// A header that is to be ignored: see [`BadTraceParent`].
    pub fn from_traceparent(header: &str) -> Result<Self, BadTraceParent> {
        let bytes = header.as_bytes();
        let version = hex::<1>(bytes.get(..2)).ok_or(BadTraceParent::Form)?[0];
        if version == 0xff {
            return Err(BadTraceParent::Version);
        }
        let is_form = bytes.len() >= 55
            && [2, 35, 52].iter().all(|dash| bytes[*dash] == b'-')
            && (bytes.len() == 55 || version > 0 && bytes[55] == b'-');
        if !is_form {
            return Err(BadTraceParent::Form);
        }
        let trace_id: [u8; 16] = hex(bytes.get(3..35)).ok_or(BadTraceParent::Form)?;
        let span_id: [u8; 8] = hex(bytes.get(36..52)).ok_or(BadTraceParent::Form)?;
        let flags = hex::<1>(bytes.get(53..55)).ok_or(BadTraceParent::Form)?[0];
        if trace_id == [0; 16] {
            return Err(BadTraceParent::TraceId);
        }
        if span_id == [0; 8] {
            return Err(BadTraceParent::ParentId);
        }
        Ok(TraceContext { trace_id, span_id, is_sampled: flags & 1 == 1, state: None })
    }

    /// The same, with what the header `tracestate` says; several headers are one, joined by commas. Ignored if it has more
    /// than 32 members, or one that breaks the grammar (section 3.3.1). Of more than 512 bytes whole members are left out: those
    /// of more than 128 first, then from the end (section 3.3.1.5).
    #[must_use]
    pub fn with_state(mut self, state: &str) -> Self {
        let members =
            state.split(',').map(|member| member.trim_matches([' ', '\t'])).filter(|member| !member.is_empty());
        let mut members: Vec<&str> = members.collect();
        self.state = None;
        if members.len() > MOST_MEMBERS || !members.iter().all(|member| is_member(member)) {
            return self;
        }
        let len = |members: &[&str]| members.iter().map(|member| member.len() + 1).sum::<usize>().saturating_sub(1);
        while len(&members) > LONGEST_STATE {
            let long = members.iter().rposition(|member| member.len() > LONG_MEMBER);
            members.remove(long.unwrap_or(members.len() - 1));
        }
        self.state = (!members.is_empty()).then(|| members.join(",").into());
        self
    }

    /// A span of ours in this trace: the same trace, another span.
    #[must_use]
    pub fn child(&self) -> Self {
        TraceContext { span_id: span_id(), ..self.clone() }
    }

    /// The same, which is recorded nowhere.
    #[must_use]
    pub fn unsampled(mut self) -> Self {
        self.is_sampled = false;
        self
    }

    /// The header that says it to whoever is called (section 3.2).
    #[must_use]
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-{:02x}", self.trace_id(), self.span_id(), u8::from(self.is_sampled))
    }

    /// The header that goes beside it, if there is one.
    #[must_use]
    pub fn tracestate(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The trace, in 32 digits of lower-case hexadecimal.
    #[must_use]
    pub fn trace_id(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.trace_id))
    }

    /// The span, in 16 digits of lower-case hexadecimal.
    #[must_use]
    pub fn span_id(&self) -> String {
        format!("{:016x}", u64::from_be_bytes(self.span_id))
    }

    /// Whether the trace is recorded somewhere.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.is_sampled
    }

    /// Both ids as exemplars have them.
    #[must_use]
    pub fn ids(&self) -> tallied::Trace {
        tallied::Trace { trace_id: self.trace_id, span_id: self.span_id }
    }
}

impl FromStr for TraceContext {
    type Err = BadTraceParent;

    fn from_str(header: &str) -> Result<Self, BadTraceParent> {
        TraceContext::from_traceparent(header)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.traceparent())
    }
}

/// `key=value`, where a key is a name, or a tenant and a system with `@` between them (section 3.3.1.3).
fn is_member(member: &str) -> bool {
    let Some((key, value)) = member.split_once('=') else { return false };
    let is_name = |name: &str, most: usize, digit_first: bool| {
        let is_first = |c: char| c.is_ascii_lowercase() || digit_first && c.is_ascii_digit();
        let is_more = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-*/".contains(c);
        name.starts_with(is_first) && name.len() <= most && name.chars().all(is_more)
    };
    let is_key = match key.split_once('@') {
        None => is_name(key, 256, true),
        Some((tenant, system)) => is_name(tenant, 241, true) && is_name(system, 14, false),
    };
    let is_value = |c: char| matches!(c, ' '..='~') && c != ',' && c != '=';
    is_key && !value.is_empty() && value.len() <= 256 && value.chars().all(is_value)
}

/// Random, and never all zeros: a UUID's second half has a bit that is always set.
fn span_id() -> [u8; 8] {
    let mut id = [0; 8];
    id.copy_from_slice(&Uuid::new_v4().as_bytes()[8..]);
    id
}

/// `N` bytes in lower-case hexadecimal.
fn hex<const N: usize>(digits: Option<&[u8]>) -> Option<[u8; N]> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let digits = digits.filter(|digits| digits.len() == 2 * N)?;
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}
