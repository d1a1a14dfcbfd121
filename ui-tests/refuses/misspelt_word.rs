use tallied::observed;

#[observed(histogrm)]
fn argument() {}

#[observed(in_flght, cuonter)]
fn two_arguments() {}

#[observed(quue)]
fn parameter(queue: &str) -> usize {
    queue.len()
}

fn main() {
    argument();
    two_arguments();
    parameter("");
}
