//! The tables.

use std::fmt::Write;

use crate::common::Spread;
use crate::rounds::{Case, Measured, Side, Times};

pub struct Report {
    /// What the documentation shows.
    pub markdown: String,
}

impl Report {
    pub fn new(about: &str) -> Report {
        println!("{about}");
        Report { markdown: format!("{about}\n") }
    }

    /// Says one case, and prints it.
    pub fn add(&mut self, case: &Case, sides: &[Side], measured: &Measured) {
        let Measured { by_one, by_two, disturbed } = measured;
        let by_two = by_two.as_ref();
        let reference = sides.iter().position(|side| side.name == case.reference).unwrap_or(0);
        let rounds = by_one[0].len();
        println!("\n== {}: {} ({rounds} rounds, reference: {})", case.name, case.about, sides[reference].name);
        if *disturbed > 0 {
            println!("   {disturbed} batches had no CPU of their own, however often they were tried: run it again");
        }
        let columns = "ns/call    25..75 %      x ref    25..75 %      - ref";
        let width = sides.iter().map(|side| side.name.chars().count()).max().unwrap_or(0);
        let second = if by_two.is_some() { format!("   | 2 threads: {columns}") } else { String::new() };
        println!("{:width$}  {columns}{second}", "");
        let _ = writeln!(self.markdown, "\n**{}**: {}. Ratio to {}.\n", case.name, case.about, sides[reference].name);
        let second = if by_two.is_some() { " 2 threads, ns | 25–75 % | ratio |" } else { "" };
        let _ = writeln!(self.markdown, "| | ns | 25–75 % | ratio | 25–75 % |{second}");
        let rule = if by_two.is_some() { "--:|--:|--:|" } else { "" };
        let _ = writeln!(self.markdown, "|---|--:|--:|--:|--:|{rule}");
        for (at, side) in sides.iter().enumerate() {
            let one = Row::of(by_one, at, reference);
            let two = by_two.map(|times| Row::of(times, at, reference));
            let second = two.as_ref().map_or_else(String::new, |row| format!("   |            {}", row.text()));
            println!("{:width$}  {}{second}", side.name, one.text());
            let Row { ns, ratio, .. } = &one;
            let _ = write!(
                self.markdown,
                "| {} | {:.1} | {:.1}–{:.1} | {:.2} | {:.2}–{:.2} |",
                side.name, ns.median, ns.low, ns.high, ratio.median, ratio.low, ratio.high
            );
            if let Some(Row { ns, ratio, .. }) = &two {
                let _ =
                    write!(self.markdown, " {:.1} | {:.1}–{:.1} | {:.2} |", ns.median, ns.low, ns.high, ratio.median);
            }
            self.markdown.push('\n');
        }
    }
}

/// One side, alone and beside the reference of the same round.
struct Row {
    ns: Spread,
    ratio: Spread,
    more: Spread,
}

impl Row {
    fn of(times: &Times, at: usize, reference: usize) -> Row {
        let pairs = || times[at].iter().zip(&times[reference]);
        Row {
            ns: Spread::of(times[at].iter().copied()),
            ratio: Spread::of(pairs().map(|(this, that)| this / that)),
            more: Spread::of(pairs().map(|(this, that)| this - that)),
        }
    }

    fn text(&self) -> String {
        let Row { ns, ratio, more } = self;
        format!(
            "{:7.1} {:>6.1}..{:<6.1} {:7.2} {:>6.2}..{:<5.2} {:9.1}",
            ns.median, ns.low, ns.high, ratio.median, ratio.low, ratio.high, more.median
        )
    }
}
