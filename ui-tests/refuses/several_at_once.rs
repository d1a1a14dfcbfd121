use tallied::observed;

#[observed(histogrm, counter = "jobs-total", colour = 1 + 1, span = maybe, task_name, step_name, buckets = [1.0])]
const fn all_of_it() {}

fn main() {
    all_of_it();
}
