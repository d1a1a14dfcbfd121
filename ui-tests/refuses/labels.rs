use tallied::observed;

#[observed(task_name, step_name)]
fn second_label(queue: &str, n: u8) -> usize {
    queue.len() + usize::from(n)
}

#[observed(queue)]
fn of_a_parameter(queue: &str) -> usize {
    queue.len()
}

#[observed(true)]
fn keyword() {}

#[observed(_)]
fn underscore() {}

fn main() {}
