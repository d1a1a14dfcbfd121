//! The arguments of an `impl` block and those of one of its methods, together.

use syn::Ident;

use super::{Args, Label, Skip};

impl Args {
    /// The arguments of a method, and those of its block where it says nothing itself.
    pub fn within(mut self, mut block: Args) -> Args {
        // What the method says of a name goes before what the block says.
        block.forget(&self.names());
        let words: Vec<Ident> = block.words.into_iter().chain(self.words.iter().cloned()).collect();
        let joined = |block: Option<Vec<Label>>, own: Option<Vec<Label>>| match (block, own) {
            (Some(block), Some(own)) => Some(block.into_iter().chain(own).collect()),
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
            (Some(block), Some(mut own)) => {
                own.all.splice(0..0, block.all);
                Some(own)
            }
            (block, own) => own.or(block),
        };
        Args {
            counter: self.counter.or(block.counter),
            histogram: self.histogram.or(block.histogram),
            summary: self.summary.or(block.summary),
            in_flight: self.in_flight.or(block.in_flight),
            busy: self.busy.or(block.busy),
            buckets: self.buckets.or(block.buckets),
            labels: joined(block.labels, self.labels),
            after: joined(block.after, self.after),
            status: self.status.or(block.status),
            budget: self.budget.or(block.budget),
            allow: block.allow.into_iter().chain(self.allow).collect(),
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

    /// The names of its labels and fields, as far as they are known.
    fn names(&self) -> Vec<Ident> {
        let labels = self.labels.iter().chain(&self.after).flatten().map(|label| label.name.clone());
        let fields = self.fields.iter().flat_map(|fields| &fields.all).filter_map(|field| field.word().cloned());
        labels.chain(fields).chain(self.words.iter().cloned()).collect()
    }

    /// Leaves out the labels and fields with these names.
    fn forget(&mut self, names: &[Ident]) {
        for labels in [&mut self.labels, &mut self.after].into_iter().flatten() {
            labels.retain(|label| !names.contains(&label.name));
        }
        if let Some(fields) = &mut self.fields {
            fields.all.retain(|field| field.word().is_none_or(|word| !names.contains(word)));
        }
        self.words.retain(|word| !names.contains(word));
    }
}
