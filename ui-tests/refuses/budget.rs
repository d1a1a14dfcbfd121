use tallied::{Label, Values, observed};

struct Hour(usize);

impl Label for Hour {
    const VALUES: Values = Values::texts(&[
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20",
        "21", "22", "23",
    ]);

    fn index(&self) -> usize {
        self.0
    }
}

#[derive(Clone, Copy, Label)]
enum Route {
    Home,
    Cart,
    Search,
}

#[observed(labels(hour, arrived: Hour = Hour(0), route, cached), histogram)]
async fn over_the_default(hour: &Hour, route: Route, cached: Option<bool>) -> Result<(), ()> {
    let _ = (hour, route, cached);
    Ok(())
}

#[observed(route, histogram, budget = 89)]
fn over_its_own(route: Route) -> Result<(), ()> {
    let _ = route;
    Ok(())
}

#[observed(route, histogram, budget = 90)]
fn not_over(route: Route) {
    let _ = route;
}

#[observed(task_name, histogram, budget = 10)]
fn without_labels_of_its_own() {}

#[observed(hour, labels(arrived: Hour = Hour(0), left: Hour = Hour(0)), counter(labels(hour)))]
fn too_many_sets(hour: &Hour) {
    let _ = hour;
}

fn main() {
    let _ = (Route::Home, Route::Cart, Route::Search);
}
