#[allow(unused_variables)]
fn job() -> Result<(impl Sized, u8), Error> {
    let (__span, __site) = {
        fn __tallied_path() -> &'static ::core::primitive::str {
            crate::metrics::tallied::__private::type_name_of(__tallied_path)
        }
        #[allow(long_running_const_eval)]
        const __TALLIED_LABELS: &[crate::metrics::tallied::__private::Dimension] = &[
            crate::metrics::tallied::__private::Dimension::path(
                "function",
                ::core::module_path!(),
                __tallied_path,
            ),
        ];
        #[allow(clippy::needless_borrow)]
        const __TALLIED_BOUNDS: &[::core::primitive::f64] = (FAST).split_at(0).1;
        const __TALLIED_SITE_SAYS: crate::metrics::tallied::__private::Definition = crate::metrics::tallied::__private::Definition::new(
                __TALLIED_LABELS,
                ::core::file!(),
                ::core::line!(),
            )
            .counter("jobs_total", "Jobs.", &[], true)
            .histogram(
                "job_seconds",
                "Duration of calls in seconds, by status.",
                &[],
                true,
                __TALLIED_BOUNDS,
            )
            .in_flight("jobs_running", "Calls running now.", &[], false)
            .at_most(true, false)
            .without_span()
            .budget(
                crate::metrics::tallied::__private::of_environment(
                    ::core::option_env!("TALLIED_SERIES_BUDGET"),
                    crate::metrics::tallied::__private::DEFAULT_BUDGET,
                ),
            );
        static __TALLIED_CELLS: crate::metrics::tallied::__private::SiteCells<
            { crate::metrics::tallied::__private::cells(__TALLIED_BOUNDS) },
        > = crate::metrics::tallied::__private::SiteCells::NEW;
        static __TALLIED_SITE: crate::metrics::tallied::__private::Site<35> = crate::metrics::tallied::__private::Site::new(
            &__TALLIED_SITE_SAYS,
            &[],
            &__TALLIED_CELLS,
            &__TALLIED_SITE,
        );
        crate::metrics::tallied::__private::listed!(
            __TALLIED_SITE, __TALLIED_SITE_SAYS, 3
            "\u{3}jobs_total\0\0Jobs.\0job_seconds\0\0Duration of calls in seconds, by status.\0jobs_running\0\0Calls running now.\0"
            2 17 * b"status\0\0status\0\0\0"
        );
        const _: () = crate::metrics::tallied::__private::within_budget(
            &__TALLIED_SITE_SAYS,
            crate::metrics::tallied::__private::Definition::sure(
                &__TALLIED_SITE_SAYS,
                true,
                false,
            ),
        );
        (|| ::core::option::Option::None, &__TALLIED_SITE)
    };
    crate::metrics::tallied::__private::observe(
        __site,
        0,
        __span,
        move || -> Result<(_, u8), Error> {
            {
                const _: () = ();
                run()
            }
        },
        |__out| {
            use crate::metrics::tallied::__private::ask::*;
            (&&&&crate::metrics::tallied::__private::Ask::<
                crate::metrics::tallied::__private::Status,
                _,
            >::new(__out))
                .tallied_told()
        },
    )
}
