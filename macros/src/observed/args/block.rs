//! The arguments of an `impl` block and those of one of its methods, together.

use syn::Ident;

use super::{Args, Label, Skip};

impl Args {
    /// The arguments of a method, and those of its block where it says nothing itself.
    pub fn within(mut self, block: Args) -> Args {
        let without = |word: &Ident| !self.words.contains(word);
        let words: Vec<Ident> = block.words.into_iter().filter(without).chain(self.words.iter().cloned()).collect();
        let joined = |block: Option<Vec<Label>>, own: Option<Vec<Label>>| match (block, own) {
            (Some(mut block), Some(own)) => {
                block.retain(|label| own.iter().all(|other| other.name != label.name));
                Some(block.into_iter().chain(own).collect())
            }
            (block, own) => own.or(block),
        };
        // One says the opposite of the other: the method's own word counts.
        let (block_args, block_skip_all) =
            if self.args.is_some() || self.skip_all.is_some() { (None, None) } else { (block.args, block.skip_all) };
        let skip = match (block.skip, self.skip.take()) {
            (Some(mut block), Some(own)) => {
                block.of_block.append(&mut block.names);
                Some(Skip { of_block: block.of_block, ..own })
            }
            (Some(mut block), None) => {
                block.of_block.append(&mut block.names);
                Some(block)
            }
            (None, own) => own,
        };
        // `skip_all` of the method leaves nothing to skip.
        let skip = skip.filter(|skip| self.skip_all.is_none() || !skip.names.is_empty());
        let fields = match (block.fields, self.fields.take()) {
            (Some(mut block), Some(mut own)) => {
                block.all.retain(|field| !own.all.iter().any(|other| field.is_called_like(other)));
                own.all.splice(0..0, block.all);
                Some(own)
            }
            (block, own) => own.or(block),
        };
        Args {
            counter: self.counter.or(block.counter),
            histogram: self.histogram.or(block.histogram),
            in_flight: self.in_flight.or(block.in_flight),
            busy: self.busy.or(block.busy),
            buckets: self.buckets.or(block.buckets),
            labels: joined(block.labels, self.labels),
            after: joined(block.after, self.after),
            status: self.status.or(block.status),
            budget: self.budget.or(block.budget),
            future: self.future.or(block.future),
            span: self.span.or(block.span),
            level: self.level.or(block.level),
            name: self.name.or(block.name),
            target: self.target.or(block.target),
            parent: self.parent.or(block.parent),
            follows_from: self.follows_from.or(block.follows_from),
            args: self.args.or(block_args),
            skip,
            skip_all: self.skip_all.or(block_skip_all),
            fields,
            err: self.err.or(block.err),
            ret: self.ret.or(block.ret),
            slow: self.slow.or(block.slow),
            log: self.log.or(block.log),
            krate: self.krate.or(block.krate),
            meant_histogram: self.meant_histogram || block.meant_histogram,
            words,
        }
    }
}
