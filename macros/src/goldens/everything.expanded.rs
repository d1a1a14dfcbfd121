#[allow(unused_variables)]
fn job() -> Result<(impl Sized, u8), Error> {
    crate::metrics::tallied::__private::observe(
        {
            fn __tallied_marker() {}
            #[allow(clippy::needless_borrow)]
            const __TALLIED_BOUNDS: &[::core::primitive::f64] = (FAST).split_at(0).1;
            static __TALLIED_SITE: crate::metrics::tallied::__private::Site<
                { crate::metrics::tallied::__private::cells(__TALLIED_BOUNDS) },
            > = crate::metrics::tallied::__private::Site::new(
                crate::metrics::tallied::__private::Definition::new(
                        crate::metrics::tallied::__private::Identity::path(
                            "function",
                            ::core::module_path!(),
                            || crate::metrics::tallied::__private::type_name_of(
                                __tallied_marker,
                            ),
                        ),
                        ::core::file!(),
                        ::core::line!(),
                    )
                    .counter("jobs_total", "Jobs.", false)
                    .histogram(
                        "job_seconds",
                        "Duration of calls in seconds, by status.",
                        false,
                        __TALLIED_BOUNDS,
                    )
                    .in_flight("jobs_running", "Calls running now.", false),
                &__TALLIED_SITE,
            );
            &__TALLIED_SITE
        },
        |_| crate::metrics::tallied::__private::tracing::Span::none(),
        move || -> Result<(_, u8), Error> {
            {
                crate::metrics::tallied::__private::nothing();
                run()
            }
        },
        |__out| {
            #[allow(unused_imports)]
            use crate::metrics::tallied::__private::{AskAny as _, AskResult as _};
            (&&crate::metrics::tallied::__private::Ask(__out)).told()
        },
    )
}
