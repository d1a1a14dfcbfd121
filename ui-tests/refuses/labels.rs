use tallied::{Label, observed};

#[derive(Clone, Copy, Label)]
enum Route {
    Home,
    Cart,
}

#[observed(task_name, step_name)]
fn second_label(queue: &str, n: u8) -> usize {
    queue.len() + usize::from(n)
}

#[observed(true)]
fn keyword() {}

#[observed(_)]
fn underscore() {}

#[observed(labels(rout, status = "x", route, route))]
fn of_parameters(route: Route) -> Route {
    route
}

#[observed(labels(queue))]
fn no_such_parameter() {}

#[observed(labels(cart: Route, empty = ""))]
fn values() {}

#[observed(labels(route = value.route()))]
fn not_inferred<V: Routed>(value: V) {
    let _ = value;
}

trait Routed {
    fn route(&self) -> Route;
    #[observed(labels(route = self.route()))]
    fn provided(&self) {}
}

#[observed(labels)]
fn nothing() {}

#[observed(value, labels(other: Vec<T> = Vec::new()))]
fn of_a_generic_type<T: Label>(value: T) -> T {
    value
}

#[observed(value)]
fn without_a_name(value: impl Label) {
    let _ = value;
}

#[observed(in_flight(labels(status)), counter(labels(route, route, statu), name = "a_total"), histogram(labels = 1))]
fn lists(route: Route) -> Route {
    route
}

#[derive(Label)]
enum Either<L, R> {
    Left(L),
    Right(R),
}

#[observed(either, labels(twice: Option<Option<bool>> = None))]
fn one_text_twice(either: Either<bool, bool>) {
    let _ = either;
}

#[observed(labels(route), counter(name = "b_total", labels(rout)))]
fn misspelt_in_a_list(route: Route) -> Route {
    route
}

#[observed(labels(request.method(), kind = 3))]
fn an_expression_alone(request: &str) -> usize {
    request.len()
}

fn main() {
    let _ = Route::Cart;
}
