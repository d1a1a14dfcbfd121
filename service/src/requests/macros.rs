//! The group of metrics that counts requests, with names and labels of the user's choice: so it is declared where the user
//! is, and its series are known to the compiler and the catalogue as all others are.

/// Declares what counts requests, for [`RequestLayer::new`](crate::requests::RequestLayer::new).
///
/// ```
/// tallied_service::request_metrics! {
///     /// What bext counts.
///     pub struct Http {
///         prefix: "bext",
///         labels: { app: 16 },
///         routes: 150,
///         status: code,
///         duration: summary_ms,
///     }
/// }
/// ```
///
/// | key | what it says | unless it is said |
/// |---|---|---|
/// | `prefix` | what the names begin with; must be said, first | |
/// | `labels` | further labels, each with the most values that are kept: see `RequestLayer::label` | none |
/// | `routes` | the most routes that are kept, the rest is `_other` | 100 |
/// | `status` | `code` (200) or `class` (2xx) | `code` |
/// | `duration` | `histogram_seconds`, `histogram_ms`, `summary_seconds`, `summary_ms` | `histogram_seconds` |
/// | `buckets` | the bounds of the histogram, in its unit | the standard buckets |
/// | `size_buckets` | the bounds of the sizes, in bytes | 64 B to 256 MiB, by fours |
/// | `budget` | a lower limit for the series that a family can have | 1,000,000, and there is no higher one |
///
/// | family | labels |
/// |---|---|
/// | `{prefix}_requests_total` | further labels, `method`, `route`, `status` |
/// | `{prefix}_request_duration_seconds`, or `…_ms` | further labels, `route` |
/// | `{prefix}_request_size_bytes`, a histogram | further labels, `direction`: `request`, `response` |
/// | `{prefix}_requests_in_flight` | further labels |
///
/// The keys stand in the order of the table. `{prefix}_requests_total` can have as many series as the product of its labels: 10
/// methods, `routes` and one, 33 statuses (8 classes), and of each further label its number and one. So many are never met, and
/// take no memory: a route has a method or two, and few statuses. What is over the budget does not compile: keep fewer routes,
/// or say `status: class`.
#[macro_export]
macro_rules! request_metrics {
    (
        $(#[$about:meta])*
        $vis:vis struct $name:ident {
            prefix: $prefix:tt
            $(, labels: { $($label:ident: $most:literal),* $(,)? })?
            $(, routes: $routes:literal)?
            $(, status: $status:ident)?
            $(, duration: $duration:ident)?
            $(, buckets: $buckets:expr)?
            $(, size_buckets: $sizes:expr)?
            $(, budget: $budget:literal)?
            $(,)?
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default)]
        $vis struct $name;

        const _: () = {
            const __TALLIED_ROUTES: usize = $crate::__request_metrics!(@or [$($routes)?] 100);
            const __TALLIED_SIZES: &[f64] = &$crate::__request_metrics!(@or [$($sizes)?] $crate::requests::SIZES);
            $crate::__request_metrics! {
                @status [$($status)?] [$($duration)?] [$($buckets)?]
                [$name] [$prefix] [$crate::__request_metrics!(@or [$($budget)?] 1_000_000)] [$($($label: $most,)*)?]
            }
        };
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "expected `pub struct NAME { prefix: \"shop\", … }`, and of labels, routes, status, duration, buckets, size_buckets, \
             budget those that are wanted, in this order"
        );
    };
}

/// What [`request_metrics!`] is made of: first the words for the status and the duration become fields, then the group is
/// written.
#[doc(hidden)]
#[macro_export]
macro_rules! __request_metrics {
    (@or [] $otherwise:expr) => { $otherwise };
    (@or [$given:expr] $otherwise:expr) => { $given };

    (@status [] $($rest:tt)*) => { $crate::__request_metrics! { @status [code] $($rest)* } };
    (@status [code] $($rest:tt)*) => {
        $crate::__request_metrics! { @duration [#[label(max = 32)] status: &'a str] [status] $($rest)* }
    };
    (@status [class] $($rest:tt)*) => {
        $crate::__request_metrics! { @duration [status: $crate::requests::Class] [class] $($rest)* }
    };
    (@status [$other:ident] $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!("unknown status `", ::core::stringify!($other), "`; write `code` or `class`"));
    };

    (@duration $status:tt $read:tt [] $($rest:tt)*) => {
        $crate::__request_metrics! { @duration $status $read [histogram_seconds] $($rest)* }
    };
    (@duration $status:tt $read:tt [histogram_seconds] [$($buckets:expr)?] $($rest:tt)*) => {
        $crate::__request_metrics! { @emit $status $read [
            #[doc = "Time of requests until their answers were handed over, in seconds."]
            $(#[metrics(buckets = $buckets)])?
            request_duration_seconds: $crate::__private::tallied::Histogram<__TalliedByRoute<'static>>
        ] [request_duration_seconds] $($rest)* }
    };
    (@duration $status:tt $read:tt [histogram_ms] [$($buckets:expr)?] $($rest:tt)*) => {
        $crate::__request_metrics! { @emit $status $read [
            #[doc = "Time of requests until their answers were handed over, in milliseconds."]
            #[metrics(unit = "ms", allow(base_unit))]
            $(#[metrics(buckets = $buckets)])?
            request_duration_ms: $crate::__private::tallied::Histogram<__TalliedByRoute<'static>>
        ] [request_duration_ms] $($rest)* }
    };
    (@duration $status:tt $read:tt [summary_seconds] [] $($rest:tt)*) => {
        $crate::__request_metrics! { @emit $status $read [
            #[doc = "Time of requests until their answers were handed over, in seconds."]
            request_duration_seconds: $crate::__private::tallied::Summary<__TalliedByRoute<'static>>
        ] [request_duration_seconds] $($rest)* }
    };
    (@duration $status:tt $read:tt [summary_ms] [] $($rest:tt)*) => {
        $crate::__request_metrics! { @emit $status $read [
            #[doc = "Time of requests until their answers were handed over, in milliseconds."]
            #[metrics(unit = "ms", allow(base_unit))]
            request_duration_ms: $crate::__private::tallied::Summary<__TalliedByRoute<'static>>
        ] [request_duration_ms] $($rest)* }
    };
    (@duration $status:tt $read:tt [summary_seconds] $($rest:tt)*) => {
        ::core::compile_error!("a summary has no `buckets`; leave them out, or write `duration: histogram_seconds`");
    };
    (@duration $status:tt $read:tt [summary_ms] $($rest:tt)*) => {
        ::core::compile_error!("a summary has no `buckets`; leave them out, or write `duration: histogram_ms`");
    };
    (@duration $status:tt $read:tt [$other:ident] $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "unknown duration `", ::core::stringify!($other),
            "`; write `histogram_seconds`, `histogram_ms`, `summary_seconds` or `summary_ms`"
        ));
    };

    (
        @emit [$($status:tt)*] [$read:ident] [$($duration:tt)*] [$timed:ident]
        [$name:ident] [$prefix:tt] [$budget:expr] [$($label:ident: $most:literal,)*]
    ) => {
        #[derive($crate::__private::tallied::LabelSet)]
        #[label(crate = $crate::__private::tallied)]
        struct __TalliedByRequest<'a> {
            $(#[label(max = $most)] $label: &'a str,)*
            method: $crate::requests::Method,
            #[label(max = __TALLIED_ROUTES)]
            route: &'a str,
            $($status)*
        }

        #[derive($crate::__private::tallied::LabelSet)]
        #[label(crate = $crate::__private::tallied)]
        struct __TalliedByRoute<'a> {
            $(#[label(max = $most)] $label: &'a str,)*
            #[label(max = __TALLIED_ROUTES)]
            route: &'a str,
        }

        // Owned: without further labels there would be nothing to borrow.
        #[derive($crate::__private::tallied::LabelSet)]
        #[label(crate = $crate::__private::tallied)]
        struct __TalliedByDirection {
            $(#[label(max = $most)] $label: ::std::string::String,)*
            direction: $crate::requests::Direction,
        }

        #[derive($crate::__private::tallied::LabelSet)]
        #[label(crate = $crate::__private::tallied)]
        struct __TalliedRunning {
            $(#[label(max = $most)] $label: ::std::string::String,)*
        }

        #[derive($crate::__private::tallied::Metrics)]
        #[metrics(prefix = $prefix, budget = $budget, crate = $crate::__private::tallied)]
        struct __TalliedGroup {
            /// Requests, by method, route and status.
            #[metrics(zero = false)]
            requests_total: $crate::__private::tallied::Counter<__TalliedByRequest<'static>>,
            $($duration)*,
            /// Size of the bodies of requests and of their answers, in bytes.
            #[metrics(buckets = __TALLIED_SIZES)]
            request_size_bytes: $crate::__private::tallied::Histogram<__TalliedByDirection>,
            /// Requests that are running.
            requests_in_flight: $crate::__private::tallied::Gauge<__TalliedRunning, i64>,
        }

        static __TALLIED_GROUP: __TalliedGroup = __TalliedGroup::new();

        impl $crate::requests::RequestMetrics for $name {
            fn label_names(&self) -> ::core::option::Option<&'static [&'static ::core::primitive::str]> {
                ::core::option::Option::Some(&[$(::core::stringify!($label),)*])
            }

            fn begin(
                &self,
                label: &dyn ::core::ops::Fn(&::core::primitive::str) -> ::std::string::String,
            ) -> ::core::option::Option<$crate::__private::tallied::GaugeGuard> {
                let _ = label;
                let running = __TalliedRunning { $($label: label(::core::stringify!($label)),)* };
                ::core::option::Option::Some(__TALLIED_GROUP.requests_in_flight.with(running).guard())
            }

            fn end(&self, request: &$crate::requests::Ended<'_>) {
                $(let $label = request.label(::core::stringify!($label));)*
                let (method, route) = (request.method(), request.route());
                __TALLIED_GROUP.requests_total.with(__TalliedByRequest { $($label,)* method, route, status: request.$read() }).inc();
                __TALLIED_GROUP.$timed.with(__TalliedByRoute { $($label,)* route }).observe(request.elapsed());
                for (direction, bytes) in [
                    ($crate::requests::Direction::Request, request.request_bytes()),
                    ($crate::requests::Direction::Response, request.response_bytes()),
                ] {
                    let of = __TalliedByDirection { $($label: <::std::string::String as ::core::convert::From<&::core::primitive::str>>::from($label),)* direction };
                    __TALLIED_GROUP.request_size_bytes.with(of).observe($crate::requests::size(bytes));
                }
            }
        }
    };
}
